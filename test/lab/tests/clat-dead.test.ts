// A host with a CLAT whose IPv4 is a black hole. Natively every literal waits for it in vain; with the hook the NAT64 behind it
// takes over. These tests change the lab.
import test from 'ava';
import { breakPiece, mendPiece } from '../actions.js';
import { doctor, lab, runProgram, startServer } from '../hosts.js';
import { HOSTS } from '../settings.js';

const HOST = 'clat';
const PORT = 7400;

test.beforeEach(() => breakPiece(lab, 'clat', 'silent'));
test.afterEach.always(() => mendPiece(lab));

test.serial('without the hook a literal is out of reach (control)', async (t) => {
  const { error } = await runProgram(HOST, 'net-timeout.cjs', ['1.2.3.4', '7', '3000'], { hook: false });
  t.is(error?.message, 'timed out by the program');
});

test.serial(
  'a literal is reached before the program gives up, and at once after, by one connection each',
  async (t) => {
    const server = await startServer('inet4', ['1.2.3.4', String(PORT)], { hook: false });
    const target = ['1.2.3.4', String(PORT)];
    try {
      const { attempts, tried } = await runProgram(HOST, 'net-again.cjs', [...target, '6000']);
      t.deepEqual(attempts, ['connected to 1.2.3.4', 'connected to 1.2.3.4']);
      t.deepEqual(tried[0], ['::ffff:1.2.3.4', '64:ff9b::102:304']);
      t.is(tried[1]?.[0], '64:ff9b::102:304', 'the CLAT is not waited for again');
      const uploaded = await runProgram(HOST, 'upload.cjs', [...target, '100000']);
      t.deepEqual(uploaded, { sent: 100_000, received: 100_000 });
      await runProgram('dual', 'upload.cjs', [...target, '1'], { hook: false });
      const clients: string[] = [];
      for (let i = 0; i < 4; i++) clients.push((await server.next()).remoteAddress);
      t.is(new Set(clients.slice(0, 3)).size, 1);
      t.is(clients[3], HOSTS.dual.v4, 'no other connection came between');
    } finally {
      await server.stop();
    }
  },
);

test.serial('the doctor names it', async (t) => {
  const { code, faults } = doctor(HOST);
  t.deepEqual(
    faults.map(({ id }) => id),
    ['ipv4-dead'],
  );
  t.regex(faults[0]?.detail ?? '', /^the CLAT reaches no IPv4 host \(1\.2\.3\.4 port 7: no answer\)/);
  t.is(code, 1);
});

test.serial('a CLAT that works is what is used', async (t) => {
  await mendPiece(lab);
  t.deepEqual(doctor(HOST).faults, []);
});
