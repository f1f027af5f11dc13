// cluster.cjs FILE: the same in a cluster: two workers open each arrangement of FILE, and the primary asks who hears it.
const cluster = require('node:cluster');
const dgram = require('node:dgram');
const { readFileSync } = require('node:fs');
const { open, close, ask } = require('./open.cjs');

const { protocol, endpoints, targets, arrangements, firstPort } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const isOpen = (socket) => socket !== undefined && typeof socket === 'object';

if (cluster.isPrimary) {
  const workers = [cluster.fork(), cluster.fork()];
  for (const worker of workers) worker.on('exit', (code, signal) => process.exit(signal ? 2 : code));
  /** Both workers do it, one after the other; resolves to what each says. */
  const all = async (order) => {
    const answers = [];
    for (const worker of workers) {
      worker.send(order);
      answers.push(await new Promise((resolve) => worker.once('message', resolve)));
    }
    return answers;
  };
  const same = ([one, two]) => (JSON.stringify(one) === JSON.stringify(two) ? one : [one, two]);
  const sender = { 4: dgram.createSocket('udp4'), 6: dgram.createSocket('udp6') };
  for (const socket of Object.values(sender)) socket.on('error', () => {}).unref();
  const who = async (port) => {
    if (protocol === 'tcp') {
      const asked = Object.entries(targets).map(async ([label, host]) => [label, await ask(host, port)]);
      return Object.fromEntries(await Promise.all(asked));
    }
    const sent = Object.entries(targets).map(
      ([label, host]) =>
        new Promise((resolve) => sender[host.includes(':') ? 6 : 4].send(label, port, host, () => resolve())),
    );
    await Promise.all(sent);
    const heard = (await all({ act: 'heard' })).flat();
    const by = (label) => heard.filter(([what]) => what === label).map(([, name]) => name);
    return Object.fromEntries(Object.keys(targets).map((label) => [label, by(label).sort().join('+') || '-']));
  };
  (async () => {
    const results = {};
    for (const [i, { title, opened, closes }] of arrangements.entries()) {
      const port = firstPort + i;
      const opens = same(await all({ act: 'open', opened, port }));
      const before = await who(port);
      await all({ act: 'close', index: closes });
      const after = await who(port);
      // Natively a worker that was refused must not ask again (an assertion of Node.js).
      const refused = opens[closes] !== 'open';
      const reopens = refused ? opens[closes] : same(await all({ act: 'open', opened: [opened[closes]], port }));
      await all({ act: 'close' });
      results[title] = { opens, before, after, reopens: String(reopens), gone: await who(port) };
    }
    process.stdout.write(JSON.stringify(results), () => {
      for (const worker of workers) worker.removeAllListeners('exit').process.kill();
      process.exit();
    });
  })();
} else {
  let sockets = [];
  let heard = [];
  const acts = {
    open: async ({ opened, port }) => {
      const answers = [];
      for (const name of opened) {
        const socket = await open(protocol, name, endpoints[name], port, (what) => heard.push([what, name]));
        sockets.push(socket);
        answers.push(isOpen(socket) ? 'open' : socket);
      }
      return answers;
    },
    close: async ({ index }) => {
      const closing = index === undefined ? sockets : [sockets[index]];
      await Promise.all(closing.filter(isOpen).map(close));
      sockets = index === undefined ? [] : sockets.map((socket, i) => (i === index ? undefined : socket));
      return 'closed';
    },
    heard: async () => {
      // What is in the socket's buffer is read before the event loop comes round again.
      for (let i = 0; i < 3; i++) await new Promise(setImmediate);
      const list = heard;
      heard = [];
      return list;
    },
  };
  process.on('message', async (order) => process.send(await acts[order.act](order)));
}
