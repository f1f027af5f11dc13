// Datagram sockets that connect while the prefix of the network is not known yet.
import test from 'ava';
import { evalOnHost, hostTest, nodeUnderTestMajor } from '../support/host.js';
import { ELSEWHERE4 } from '../support/sockets.js';

const before = { dns: 'dns64', env: { V6ONLY_NAT64: undefined } } as const;
const TYPES = `[['udp4', ''], ['udp6', '::ffff:']]`;

hostTest(test, ['v6', 'lo4'], 'a datagram that waits for the prefix goes out before the connect', async (t, kind) => {
  const source = `
    const dgram = require('dgram');
    for (const [type, prefix] of ${TYPES}) {
      const socket = dgram.createSocket(type).on('error', (error) => console.log(type, error.code));
      socket.bind(0, () => {
        socket.send('x', 9, prefix + '${ELSEWHERE4}', (error) => console.log(type, 'sent', error?.code));
        socket.connect(9, prefix + '127.0.0.1', () => {
          console.log(type, 'connected', socket.remoteAddress().address);
          setImmediate(() => socket.close());
        });
      });
    }`;
  const { stdout, stderr } = await evalOnHost(kind, source, before);
  t.deepEqual(
    stdout.trim().split('\n').sort(),
    ['udp4 connected 127.0.0.1', 'udp4 sent undefined', 'udp6 connected ::ffff:127.0.0.1', 'udp6 sent undefined'],
    stderr,
  );
});

hostTest(
  test,
  ['v6', 'lo4'],
  'connectSync starts the search for the prefix, and works when it is known',
  async (t, kind) => {
    const source = `
    const dgram = require('dgram');
    const sockets = ${TYPES}.map(([type, prefix]) => [dgram.createSocket(type), prefix + '${ELSEWHERE4}']);
    const connect = (socket, address) => {
      try { socket.connectSync(7, address); } catch (error) { return error.code + ' ' + error.cause?.code; }
    };
    if (sockets[0][0].connectSync === undefined) console.log('none');
    for (const [socket, address] of sockets[0][0].connectSync === undefined ? [] : sockets) {
      console.log(connect(socket, address));
      const again = () => {
        if (connect(socket, address) !== undefined) return void setTimeout(again, 10);
        console.log(socket.remoteAddress().address);
        socket.close();
      };
      again();
    }
    if (sockets[0][0].connectSync === undefined) process.exit();`;
    const { stdout, stderr } = await evalOnHost(kind, source, before);
    const lines = stdout.trim().split('\n').sort();
    if (nodeUnderTestMajor < 26 && lines[0] === 'none') return t.pass();
    const failed = 'ENETUNREACH V6ONLY_NO_PREFIX';
    t.deepEqual(lines, [ELSEWHERE4, `::ffff:${ELSEWHERE4}`, failed, failed], stderr);
  },
);

hostTest(test, ['v6', 'lo4'], 'what connectSync and bindSync throw has its cause', async (t, kind) => {
  const source = `
    const socket = require('dgram').createSocket('udp4');
    const said = (call) => {
      try { call(); } catch (error) { return error.code + ' ' + error.cause?.code; }
    };
    if (socket.connectSync === undefined) console.log('none');
    else {
      console.log(said(() => socket.bindSync({ address: '9.9.9.9' })));
      console.log(said(() => socket.connectSync(7, '10.0.0.1')));
      socket.on('error', (error) => console.log(error.code + ' ' + error.cause?.code));
      socket.emit('error', Object.assign(new Error(), { code: 'OTHER', syscall: 'connect' }));
    }
    socket.close();`;
  const { stdout, stderr } = await evalOnHost(kind, source);
  if (nodeUnderTestMajor < 26 && stdout === 'none\n') return t.pass();
  const causes = ['EADDRNOTAVAIL V6ONLY_NO_SUCH_ADDRESS', 'ENETUNREACH V6ONLY_NOT_TRANSLATABLE', 'OTHER undefined'];
  t.deepEqual(stdout.trim().split('\n'), causes, stderr);
});
