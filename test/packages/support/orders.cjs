// Loads a package and the hook in either order, and takes them away in either order. Whatever is left at each point must work.
// Where the hook is not preloaded (the control) its part is left out.
const assert = require('node:assert/strict');
const path = require('node:path');

const hook = process.env.HOOK;
const isControl = !hook || globalThis[Symbol.for('v6only.installation.1')] === undefined;
const v6only = isControl ? undefined : require(path.join(path.dirname(hook), 'dist', 'index.js'));

/** What packages and the hook patch, by name. */
function seams() {
  const [net, dns, http, dgram, events] = ['net', 'dns', 'http', 'dgram', 'events'].map((name) =>
    require(`node:${name}`),
  );
  const found = new Map();
  const add = (name, owner, key) => found.set(`${name}.${key}`, Object.getOwnPropertyDescriptor(owner, key)?.value);
  for (const key of ['connect', 'createConnection', 'Socket']) add('net', net, key);
  for (const key of ['connect', 'emit', 'write']) add('net.Socket.prototype', net.Socket.prototype, key);
  for (const key of ['listen', '_listen2']) add('net.Server.prototype', net.Server.prototype, key);
  for (const key of ['lookup', 'resolve4']) add('dns', dns, key);
  add('dns.promises', dns.promises, 'lookup');
  for (const key of ['request', 'get', 'Agent', 'ClientRequest']) add('http', http, key);
  add('http.Agent.prototype', http.Agent.prototype, 'addRequest');
  add('dgram.Socket.prototype', dgram.Socket.prototype, 'send');
  add('events.prototype', events.prototype, 'emit');
  add('globalThis', globalThis, 'fetch');
  // A socket that is told to connect has its handle at once, and connects later.
  const socket = net.connect({ host: '::1', port: 9 }).on('error', () => {});
  const Tcp = Object.getPrototypeOf(socket._handle);
  socket.destroy();
  for (const key of ['connect', 'connect6', 'bind', 'bind6', 'listen']) add('TCP', Tcp, key);
  return found;
}

/**
 * @param load loads the package, or switches it on; `unload` takes it away
 * @param staysUnder whether the package can be taken away only while nobody has wrapped it
 * @param use uses the network, with IPv4 addresses; `seen(how often)` is told whether the package is there
 */
exports.inEachOrder = async (name, { load, unload, use, staysUnder = false }) => {
  if (isControl) {
    await load();
    await use(true);
    await unload();
    await use(false);
    return;
  }
  v6only.disable();
  await load();
  await unload();
  const before = seams();
  const on = () => assert.equal(v6only.enable().enabled, true);
  const off = () => v6only.disable();
  const steps = { load: [load], unload: [unload], on: [on], off: [off] };
  const orders = [
    ['on', 'load', 'unload', 'off'],
    ['on', 'load', 'off', 'unload'],
    ['load', 'on', 'unload', 'off'],
    ['load', 'on', 'off', 'unload'],
  ];
  for (const order of orders) {
    let isLoaded = false;
    let isOn = false;
    for (const step of order) {
      for (const act of steps[step]) await act();
      isLoaded = step === 'load' || (isLoaded && step !== 'unload');
      isOn = step === 'on' || (isOn && step !== 'off');
      try {
        if (isOn) await use(isLoaded);
      } catch (error) {
        error.message = `${name}, ${order.join(' → ')}, after ${step}: ${error.message}`;
        throw error;
      }
    }
    // And once more, over whatever is left: then all is as it was.
    on();
    await use(false);
    off();
    const after = seams();
    const changed = [...before.keys()].filter((key) => before.get(key) !== after.get(key));
    if (staysUnder && order.join() === 'load,on,unload,off') continue;
    assert.deepEqual(changed, [], `${name}, ${order.join(' → ')}: not as before`);
  }
};
