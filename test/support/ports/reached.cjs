// Sockets on one host that another host tries to reach: `serve` runs on the first, `probe` on the second.
const cluster = require('node:cluster');
const dgram = require('node:dgram');
const net = require('node:net');
const { once } = require('node:events');
const { open, close, ask } = require('./open.cjs');

const CONTROL_PORT = 2999;
const isOpen = (socket) => socket !== undefined && typeof socket === 'object';
const turns = async (count) => {
  for (let i = 0; i < count; i++) await new Promise(setImmediate);
};

/** Opens, closes and listens in this process. */
function makePorts({ endpoints, arrangements, firstPort }) {
  const sockets = new Map();
  let heard = [];
  return {
    async open([i, j, protocol]) {
      const name = arrangements[i].opened[j];
      const note = (text, by) => heard.push([text, by]);
      const socket = await open(protocol, name, endpoints[name], firstPort + i, note);
      sockets.set(`${i} ${j} ${protocol}`, socket);
      return isOpen(socket) ? 'open' : socket;
    },
    async close([i, j, protocol]) {
      const socket = sockets.get(`${i} ${j} ${protocol}`);
      if (isOpen(socket)) await close(socket);
      return 'closed';
    },
    async heard() {
      await turns(5);
      const list = heard;
      heard = [];
      return list;
    },
  };
}

async function control(address, acts) {
  const server = net.createServer((socket) => {
    socket.on('error', () => {}).setEncoding('utf8');
    socket.on('data', async (act) => socket.write(`${JSON.stringify(await acts[act]())}\n`));
  });
  server.listen(CONTROL_PORT, address);
  await once(server, 'listening');
  console.log('ready');
}

/** All of `arrangements` in this process; the one that closes closes when the other host says so. */
async function serve(config) {
  const ports = makePorts(config);
  const opens = {};
  for (const [i, { title, opened }] of config.arrangements.entries())
    for (const protocol of ['tcp', 'udp']) {
      opens[`${title} ${protocol}`] = [];
      for (const j of opened.keys()) opens[`${title} ${protocol}`].push(await ports.open([i, j, protocol]));
    }
  const closeAll = async () => {
    for (const [i, { closes }] of config.arrangements.entries())
      for (const protocol of ['tcp', 'udp']) await ports.close([i, closes, protocol]);
    return 'closed';
  };
  await control(config.address, { opens: () => opens, close: closeAll, heard: ports.heard });
}

/** The same in a cluster: one worker has those that close, the other the rest; the first is killed. */
async function serveByWorkers(config) {
  if (cluster.isWorker) {
    const ports = makePorts(config);
    process.on('message', async ({ act, what }) => process.send(await ports[act](what)));
    return;
  }
  const [closing, staying] = [cluster.fork(), cluster.fork()];
  const tell = async (worker, act, what) => {
    worker.send({ act, what });
    const [answer] = await once(worker, 'message');
    return answer;
  };
  const opens = {};
  for (const [i, { title, opened, closes }] of config.arrangements.entries())
    for (const protocol of ['tcp', 'udp']) {
      const list = [];
      for (const j of opened.keys()) list.push(await tell(j === closes ? closing : staying, 'open', [i, j, protocol]));
      opens[`${title} ${protocol}`] = list;
    }
  await control(config.address, {
    opens: () => opens,
    close: async () => {
      closing.process.kill('SIGKILL');
      await once(closing, 'exit');
      return 'closed';
    },
    heard: async () => {
      const workers = [closing, staying].filter((worker) => worker.isConnected());
      return (await Promise.all(workers.map((worker) => tell(worker, 'heard')))).flat();
    },
  });
}

/** Asks every port from each of `sources`, before and after; resolves to who answered. */
async function probe({ address, sources, arrangements, firstPort }) {
  const socket = net.connect(CONTROL_PORT, address).setEncoding('utf8');
  await once(socket, 'connect');
  const tell = async (act) => {
    socket.write(act);
    let text = '';
    while (!text.endsWith('\n')) text += (await once(socket, 'data'))[0];
    return JSON.parse(text);
  };
  const senders = [];
  for (const source of sources) {
    const sender = dgram.createSocket('udp6').on('error', () => {});
    sender.bind(0, source);
    await once(sender, 'listening');
    senders.push(sender);
  }
  const who = async () => {
    const found = {};
    for (const [i, { title }] of arrangements.entries()) {
      const port = firstPort + i;
      const answers = await Promise.all(sources.map((source) => ask(address, port, source)));
      for (const [k, sender] of senders.entries()) {
        const send = (resolve) => sender.send(`${title} udp ${sources[k]}`, port, address, resolve);
        await new Promise(send);
        found[`${title} tcp ${sources[k]}`] = answers[k];
        found[`${title} udp ${sources[k]}`] = '-';
      }
    }
    for (const [text, name] of await tell('heard')) found[text] = found[text] === '-' ? name : `${found[text]}+${name}`;
    return found;
  };
  const opens = await tell('opens');
  const before = await who();
  await tell('close');
  return { opens, before, after: await who() };
}

module.exports = { serve, serveByWorkers, probe };
