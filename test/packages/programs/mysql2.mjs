// mysql2 to MariaDB: pool, prepared statements, a transaction, whom the server believes to talk to
// needs: mariadbd
import assert from 'node:assert/strict';
import mysql from 'mysql2/promise';
import { mariadb } from '../../../build/test/packages/support/daemons.js';
import { done } from '../../../build/test/packages/support/program.js';

await mariadb('3306');
const pool = mysql.createPool({
  host: '127.0.0.1',
  user: 'app',
  password: 'secret',
  database: 'app',
  connectionLimit: 2,
});
await pool.query('CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(10))');
const connection = await pool.getConnection();
await connection.beginTransaction();
await connection.execute('INSERT INTO t VALUES (?, ?)', [1, 'one']);
await connection.commit();
connection.release();
const [rows] = await pool.execute('SELECT v FROM t WHERE id = ?', [1]);
assert.deepEqual({ ...rows[0] }, { v: 'one' });
await pool.end();
const error = await mysql.createConnection({ host: '127.0.0.1', port: 3307, user: 'app' }).catch((e) => e);
assert.equal(error.message, 'connect ECONNREFUSED 127.0.0.1:3307');
done();
