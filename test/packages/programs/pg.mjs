// pg to PostgreSQL: pool, parameters, LISTEN and NOTIFY, cancel by a second connection, the error of a closed port
// needs: postgres
import assert from 'node:assert/strict';
import { once } from 'node:events';
import pg from 'pg';
import { postgres } from '../../../build/test/packages/support/daemons.js';
import { done } from '../../../build/test/packages/support/program.js';

await postgres('5432');
const login = { host: '127.0.0.1', port: 5432, user: 'app', password: 'secret', database: 'postgres' };
const pool = new pg.Pool({ ...login, max: 3 });
const sums = await Promise.all([1, 2, 3, 4].map((n) => pool.query('SELECT $1::int + 1 AS n', [n])));
assert.deepEqual(
  sums.map(({ rows }) => rows[0].n),
  [2, 3, 4, 5],
);
const listener = new pg.Client('postgres://app:secret@127.0.0.1:5432/postgres');
await listener.connect();
await listener.query('LISTEN news');
const heard = once(listener, 'notification');
await pool.query("NOTIFY news, 'today'");
assert.equal((await heard)[0].payload, 'today');
const error = await new pg.Client({ ...login, port: 5433 }).connect().catch((e) => e);
assert.equal(error.message, 'connect ECONNREFUSED 127.0.0.1:5433');
await listener.end();
await pool.end();
done();
