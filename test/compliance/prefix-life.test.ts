// A network whose NAT64 changes, and name servers that are late, slow or wrong: the program goes on without a restart.

import test from 'ava';
import { evalOnHost, hostTest } from '../support/host.js';
import { A, B, onChangingNetwork as onHost, resolvConf as resolv } from '../support/on-changing-network.js';
import { inRepository } from '../support/paths.js';

const support = JSON.stringify(inRepository('test/support/changing-network.cjs'));

for (const delayMs of [2_500, 8_000]) {
  hostTest(test, ['v6'], `a name server that takes ${delayMs / 1000} s to answer`, async (t, kind) => {
    const [seen, known, asked] = await onHost<[string[], unknown, number]>(
      t,
      kind,
      `const network = { prefix: A, delayMs: ${delayMs} };
       await nameServer(network);
       nat64(A, 'works');
       say(await until('connected', () => connect('198.51.100.7', port, 2500)), prefixes(), network.asked);`,
    );
    t.is(seen.at(-1), 'connected');
    t.is(known, `${A} (discovery)`);
    t.true(asked < 10);
  });
}

hostTest(test, ['v6'], 'a name server that is silent at first', async (t, kind) => {
  const [first, assumed, seen, known] = await onHost<[unknown, unknown, string[], unknown]>(
    t,
    kind,
    `const network = { prefix: A, silent: true };
     await nameServer(network);
     nat64(A, 'works');
     say(await connect('198.51.100.7', port, 4000), (await until('64:ff9b::/96 (assumed)', prefixes)).at(-1));
     network.silent = false;
     say(await until('connected', () => connect('198.51.100.7', port, 1500)), prefixes());`,
  );
  t.deepEqual([first, assumed], ['gave up', '64:ff9b::/96 (assumed)']);
  t.is(seen.at(-1), 'connected');
  t.is(known, `${A} (discovery)`);
});

hostTest(test, ['v6'], 'a name server that says at first that there is no such name, for an hour', async (t, kind) => {
  const [first, assumed, seen, known] = await onHost<[unknown, unknown, string[], unknown]>(
    t,
    kind,
    `const network = {};
     await nameServer(network);
     nat64(A, 'works');
     say(await connect('198.51.100.7', port, 1500), (await until('64:ff9b::/96 (assumed)', prefixes)).at(-1));
     network.prefix = A;
     say(await until('connected', () => connect('198.51.100.7', port, 1500)), prefixes());`,
  );
  t.deepEqual([first, assumed], ['gave up', '64:ff9b::/96 (assumed)']);
  t.is(seen.at(-1), 'connected');
  t.is(known, `${A} (discovery)`);
});

for (const state of ['refuses', 'is silent']) {
  hostTest(test, ['v6'], `the only NAT64 is replaced by another, and ${state}`, async (t, kind) => {
    const [before, seen, known] = await onHost<[string, string[], unknown]>(
      t,
      kind,
      `const network = { prefix: A };
       await nameServer(network);
       nat64(A, 'works');
       say(await connect('198.51.100.7', port));
       network.prefix = B;
       nat64(A, ${JSON.stringify(state)});
       nat64(B, 'works');
       await sleep(1100); // what was decided holds for a second
       say(await until('connected', () => connect('198.51.100.7', port, 1500)), prefixes());`,
    );
    t.is(before, 'connected');
    t.is(seen.at(-1), 'connected');
    t.true(seen.length > 1, 'the first connect says that something is wrong');
    t.is(known, `${B} (discovery)`);
  });
}

hostTest(test, ['v6'], 'the wall clock is set back by an hour while the NAT64 is replaced', async (t, kind) => {
  const [seen, known] = await onHost<[string[], unknown]>(
    t,
    kind,
    `const network = { prefix: A };
     await nameServer(network);
     nat64(A, 'works');
     await connect('198.51.100.7', port);
     const { now } = Date;
     Date.now = () => now() - 3_600_000;
     network.prefix = B;
     nat64(A, 'refuses');
     nat64(B, 'works');
     say(await until('connected', () => connect('198.51.100.7', port, 1500)), prefixes());`,
  );
  t.is(seen.at(-1), 'connected');
  t.is(known, `${B} (discovery)`);
});

hostTest(test, ['v6'], 'a dead host behind a NAT64 sets no prefix aside', async (t, kind) => {
  const [dead, other] = await onHost<[string[], unknown]>(
    t,
    kind,
    `nat64(A, 'works');
     nat64(B, 'works');
     require('node:child_process').execSync('ip -6 route add unreachable 2001:db8:a64::cb00:7109/128 table local');
     const addresses = [];
     require('node:diagnostics_channel').subscribe('v6only:connect', ({ decision }) => addresses.push(decision.address));
     for (let i = 0; i < 3; i++) { await connect('203.0.113.9', 9); await sleep(1100); }
     say(addresses.slice());
     addresses.length = 0;
     await connect('198.51.100.7', port);
     say(addresses);`,
    { env: { V6ONLY_NAT64: `${A},${B}` } },
  );
  t.is(dead[0], '2001:db8:a64::cb00:7109');
  t.is(dead[1], '2001:db8:b64::cb00:7109', 'for that host the other prefix comes first');
  t.deepEqual(other, ['2001:db8:a64::c633:6407']);
});

hostTest(
  test,
  ['v6'],
  'no descriptor is left when a prefix is needed for the first time: nothing is remembered',
  async (t, kind) => {
    const [full, next, known] = await onHost<[unknown, unknown, unknown]>(
      t,
      kind,
      `const network = { prefix: A };
     await nameServer(network);
     nat64(A, 'works');
     const fs = require('node:fs');
     const open = [];
     for (;;) try { open.push(fs.openSync('/dev/null')); } catch { break; }
     say(await connect('198.51.100.7', port));
     for (const fd of open) fs.closeSync(fd);
     say(await connect('198.51.100.7', port), prefixes());`,
      { prepare: 'ulimit -n 128' },
    );
    t.is(full, 'EMFILE');
    t.is(next, 'connected');
    t.is(known, `${A} (discovery)`);
  },
);

hostTest(
  test,
  ['v6'],
  'the prefix that a router advertises, as systemd-networkd tells it, comes before that of the name server',
  async (t, kind) => {
    const [result, known, asked] = await onHost<[unknown, unknown, number]>(
      t,
      kind,
      `const network = { prefix: B };
     await nameServer(network);
     nat64(A, 'works');
     const PREF64 = [{ Prefix: [0x20, 1, 0xd, 0xb8, 0xa, 0x64, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], PrefixLength: 96, LifetimeUSec: (require('node:os').uptime() + 1800) * 1e6 }];
     const reply = { parameters: { Interfaces: [{ Index: 2, Name: 'eth0', NDisc: { PREF64 } }] } };
     const networkd = require('node:net').createServer((socket) => socket.on('data', () => socket.write(JSON.stringify(reply) + '\\0')));
     await new Promise((resolve) => networkd.listen('/run/systemd/netif/io.systemd.Network', resolve));
     say(await connect('198.51.100.7', port), prefixes(), network.asked);`,
      { prepare: 'mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/netif' },
    );
    t.deepEqual([result, known, asked], ['connected', `${A} (router)`, 0]);
  },
);

for (const how of ['destroy', 'a time-out']) {
  hostTest(
    test,
    ['v6'],
    `a program that waits no longer for a prefix ends, by ${how}, though the name server is silent`,
    async (t, kind) => {
      const source = `
      const { nat64 } = require(${support});
      nat64('64:ff9b::/96', 'silent');
      require('node:dgram').createSocket({ type: 'udp6' }).bind(53, '::1').unref();
      const socket = require('node:net').connect(80, '203.0.113.99');
      const events = [];
      for (const event of ['close', 'error', 'timeout']) socket.on(event, () => events.push(event));
      ${how === 'destroy' ? 'setTimeout(() => socket.destroy(), 100)' : 'socket.setTimeout(100, () => socket.destroy())'};
      process.on('exit', () => console.log(JSON.stringify([events, require(${support}).prefixes()])));`;
      const { stdout } = await evalOnHost(kind, source, { env: { V6ONLY_NAT64: undefined, HOST_RESOLV: resolv } });
      const [events, known] = JSON.parse(stdout);
      t.deepEqual(events, how === 'destroy' ? ['close'] : ['timeout', 'close']);
      t.is(known, ' (unknown)', 'it did not live until the deadline of discovery');
    },
  );
}

for (const call of [
  "send('x', 9, '203.0.113.99', (error) => events.push(error?.code))",
  "connect(9, '203.0.113.99')",
]) {
  hostTest(
    test,
    ['v6'],
    `a closed datagram socket does not wait for a prefix: ${call.slice(0, call.indexOf('('))}`,
    async (t, kind) => {
      const source = `
      require('node:dgram').createSocket({ type: 'udp6' }).bind(53, '::1').unref();
      const events = [];
      const socket = require('node:dgram').createSocket('udp4').on('close', () => events.push('close'));
      socket.${call};
      setTimeout(() => socket.close(), 100);
      process.on('exit', () => console.log(JSON.stringify([events, require(${support}).prefixes()])));`;
      const { stdout } = await evalOnHost(kind, source, { env: { V6ONLY_NAT64: undefined, HOST_RESOLV: resolv } });
      const [events, known] = JSON.parse(stdout);
      t.true(events.includes('close'));
      t.is(known, ' (unknown)', 'it did not live until the deadline of discovery');
    },
  );
}

for (const [type, connected] of [
  ['udp4', false],
  ['udp4', true],
  ['udp6', false],
  ['udp6', true],
] as const) {
  const how = `${connected ? 'a connected' : 'an unconnected'} ${type} socket`;
  const to = type === 'udp4' ? '198.51.100.7' : '::ffff:198.51.100.7';
  hostTest(test, ['v6'], `the only NAT64 is replaced by another: the datagrams of ${how} follow`, async (t, kind) => {
    const [before, seen, known] = await onHost<[string[], string[], unknown]>(
      t,
      kind,
      `const network = { prefix: A };
       await nameServer(network);
       nat64(A, 'works');
       const dgram = require('node:dgram');
       const peer = dgram.createSocket({ type: 'udp6', ipv6Only: true });
       peer.on('message', (message, from) => peer.send(message, from.port, from.address));
       const answers = async (address) => {
         await new Promise((resolve) => peer.bind(7777, address, resolve));
       };
       await answers(A.replace('/96', '198.51.100.7'));
       let socket;
       let heard = 0;
       const open = () => new Promise((resolve) => {
         socket = dgram.createSocket('${type}').on('error', () => {}).on('message', () => heard++);
         ${connected} ? socket.connect(7777, '${to}', resolve) : socket.bind(0, resolve);
       });
       const ask = async () => {
         const before = heard;
         ${connected} ? socket.send('x', () => {}) : socket.send('x', 7777, '${to}', () => {});
         await sleep(300);
         return heard > before ? 'answered' : 'silence';
       };
       await open();
       say(await until('answered', ask));
       peer.close();
       network.prefix = B;
       nat64(A, 'silent');
       nat64(B, 'works');
       const other = dgram.createSocket({ type: 'udp6', ipv6Only: true });
       other.on('message', (message, from) => other.send(message, from.port, from.address));
       await new Promise((resolve) => other.bind(7777, B.replace('/96', '198.51.100.7'), resolve));
       await sleep(1100);
       say(await until('answered', ask), prefixes());`,
    );
    t.is(before.at(-1), 'answered');
    t.is(seen.at(-1), 'answered');
    t.is(seen[0], 'silence');
    t.is(known, `${B} (discovery)`);
  });
}

hostTest(test, ['v6'], 'a filter that asks what an address embeds has the prefix learned', async (t, kind) => {
  const source = `
    const { v6only } = require(${support});
    v6only.embeddedIPv4('2001:db8::1');
    setInterval(() => {
      if (v6only.status().nat64.origin === 'unknown') return;
      console.log(v6only.embeddedIPv4('2001:db8:64::a9fe:a9fe'));
      process.exit();
    }, 20);`;
  const dns = 'says:2001:db8:64::c000:aa,2001:db8:64::c000:ab';
  const { stdout, stderr } = await evalOnHost(kind, source, { dns, env: { V6ONLY_NAT64: undefined } });
  t.deepEqual([stdout, stderr], ['169.254.169.254\n', '']);
});
