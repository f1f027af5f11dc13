// one-process.cjs FILE: opens each arrangement of FILE (JSON) in this process and prints who hears whom, as JSON.
const dgram = require('node:dgram');
const { readFileSync } = require('node:fs');
const { once } = require('node:events');
const { open, close, ask } = require('./open.cjs');

const { protocol, endpoints, targets, arrangements, firstPort } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const isOpen = (socket) => typeof socket === 'object';
const heardBy = new Map();
const heard = (key, name) => heardBy.get(key)?.push(name);
let senders;

async function who(port) {
  if (protocol === 'tcp') {
    const asked = Object.entries(targets).map(async ([label, host]) => [label, await ask(host, port)]);
    return Object.fromEntries(await Promise.all(asked));
  }
  const keys = Object.entries(targets).map(([label, host]) => [label, host, `${port} ${label} ${heardBy.size}`]);
  for (const [, host, key] of keys) {
    heardBy.set(key, []);
    senders[host.includes(':') ? 6 : 4].send(key, port, host, () => {});
  }
  await Promise.all([senders.settled(4), senders.settled(6)]);
  return Object.fromEntries(keys.map(([label, , key]) => [label, heardBy.get(key).sort().join('+') || '-']));
}

/** Datagrams over lo arrive in order: once a socket has heard itself twice, what was sent before has arrived. */
async function makeSenders() {
  const made = {};
  for (const [family, address] of [
    [4, '127.0.0.1'],
    [6, '::1'],
  ]) {
    made[family] = dgram.createSocket(`udp${family}`);
    made[family].on('error', () => {});
    const echo = dgram.createSocket(`udp${family}`);
    echo.bind(0, address);
    await once(echo, 'listening');
    made[`echo${family}`] = { echo, port: echo.address().port, address };
  }
  made.settled = async (family) => {
    const { echo, port, address } = made[`echo${family}`];
    for (let i = 0; i < 2; i++) {
      made[family].send('marker', port, address);
      await once(echo, 'message');
      await new Promise(setImmediate);
    }
  };
  return made;
}

async function run({ opened, closes }, port) {
  const sockets = [];
  for (const name of opened) sockets.push(await open(protocol, name, endpoints[name], port, heard));
  const opens = sockets.map((socket) => (isOpen(socket) ? 'open' : socket));
  const before = await who(port);
  const closing = sockets[closes];
  if (isOpen(closing)) await close(closing);
  const after = isOpen(closing) ? await who(port) : before;
  const again = isOpen(closing)
    ? await open(protocol, opened[closes], endpoints[opened[closes]], port, heard)
    : closing;
  const reopens = isOpen(again) ? 'open' : again;
  await Promise.all([again, ...sockets.filter((s) => s !== closing)].filter(isOpen).map(close));
  const gone = await who(port);
  return { opens, before, after, reopens, gone };
}

(async () => {
  if (protocol === 'udp') senders = await makeSenders();
  const results = {};
  for (const [i, arrangement] of arrangements.entries())
    results[arrangement.title] = await run(arrangement, firstPort + i);
  process.stdout.write(JSON.stringify(results), () => process.exit());
})();
