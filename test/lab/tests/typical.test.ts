// `typical` is IPv6-only as most such hosts are: 127.0.0.1 is still on lo, and other programs listen there.
import { type ChildProcess, spawn } from 'node:child_process';
import test from 'ava';
import { compiled } from '../../support/paths.js';
import { seesIpv4 } from '../clients.js';
import { command, echoBy, lab, runProgram, startServer } from '../hosts.js';
import { mappedAddress } from '../nat64.js';
import { HOSTS } from '../settings.js';
import { cleanEnvironment, onHost, ready } from '../sh.js';

const HOST = 'typical';
const PORT = '7777';
let service: ChildProcess;

test.before('another program, without the hook, listens on 127.0.0.1 only', async () => {
  const echo = compiled('test/lab/echo.js');
  const [program, ...args] = onHost(lab, HOST, [process.execPath, echo, PORT, '127.0.0.1']);
  service = spawn(program, args, { stdio: 'ignore', env: cleanEnvironment() });
  const listens = () => command(HOST, 'ss', '-Htln').includes(`127.0.0.1:${PORT} `);
  await ready(listens, () => 'the other program does not listen');
});
test.after.always(() => service.kill());

for (const target of ['127.0.0.1', 'localhost']) {
  test.serial(`TCP to ${target} reaches the other program's service, over IPv4`, async (t) => {
    const result = await runProgram(HOST, 'net-client.cjs', [target, PORT]);
    t.is(result.error, undefined);
    t.deepEqual(result.seen, { server: '127.0.0.1', client: '127.0.0.1' });
    t.like(result, {
      remoteAddress: '127.0.0.1',
      remoteFamily: 'IPv4',
      localAddress: '127.0.0.1',
      localFamily: 'IPv4',
    });
  });

  for (const mode of [[], ['connected']]) {
    test.serial(`UDP to ${target} does, ${mode[0] ?? 'unconnected'}`, async (t) => {
      const result = await runProgram(HOST, 'dgram-client.cjs', [target, PORT, ...mode]);
      t.is(result.error, undefined);
      t.deepEqual(result.seen, { server: '127.0.0.1', client: '127.0.0.1' });
      t.deepEqual(result.rinfo, { address: '127.0.0.1', family: 'IPv4', port: Number(PORT) });
    });
  }
}

test.serial('one UDP socket reaches 127.0.0.1 and, through the NAT64, the Internet', async (t) => {
  const { replies } = await runProgram(HOST, 'dgram-two.cjs', ['127.0.0.1', PORT, '1.2.3.4', '7']);
  t.deepEqual(replies['127.0.0.1'], { server: '127.0.0.1', client: '127.0.0.1' });
  t.deepEqual(replies['1.2.3.4'], { server: '1.2.3.4', client: mappedAddress('nat64', HOST) });
});

for (const address of ['127.0.0.1', '0.0.0.0']) {
  test.serial(`a server on ${address} is reached by other programs at 127.0.0.1`, async (t) => {
    const server = await startServer(HOST, [address, '8200']);
    const peer = { remoteAddress: '127.0.0.1', remoteFamily: 'IPv4' };
    try {
      t.deepEqual(server.listening, Array(3).fill({ address, family: 'IPv4' }));
      t.is(echoBy(HOST, 'tcp', '127.0.0.1', 8200), 'hello-echo');
      t.like(await server.next(), { protocol: 'tcp', ...peer, localAddress: '127.0.0.1', localFamily: 'IPv4' });
      t.deepEqual(JSON.parse(command(HOST, 'curl', '-sS', '-m', '10', 'http://127.0.0.1:8201/')), peer);
      t.deepEqual(await server.next(), { protocol: 'http', ...peer });
      t.is(echoBy(HOST, 'udp', '127.0.0.1', 8202), 'hello-echo');
      t.deepEqual(await server.next(), { protocol: 'udp', ...peer });
    } finally {
      await server.stop();
    }
  });
}

test.serial('a server on 127.0.0.1 is not opened to the network', async (t) => {
  const server = await startServer(HOST, ['127.0.0.1', '8210']);
  try {
    const url = `http://[${HOSTS.typical.v6}]:8211/`;
    t.throws(() => command('inet6', 'curl', '-sS', '-m', '10', url), { message: /Couldn't connect/ });
  } finally {
    await server.stop();
  }
});

test.serial('a literal still goes through the NAT64', async (t) => {
  seesIpv4(t, 'net', await runProgram(HOST, 'net-client.cjs', ['1.2.3.4', '7']), '1.2.3.4');
});
