// bittorrent-dht: three nodes find each other's announcements; peers travel as four octets and a port
import assert from 'node:assert/strict';
import { once } from 'node:events';
import DHT from 'bittorrent-dht';
import { done, within } from '../../../build/test/packages/support/program.js';

const root = new DHT({ bootstrap: false });
root.listen(20_000, '0.0.0.0');
await once(root, 'listening');
assert.equal(root.address().family, 'IPv4');
const node = async () => {
  const dht = new DHT({ bootstrap: ['127.0.0.1:20000'] });
  dht.listen();
  await within(5000, 'ready', once(dht, 'ready'));
  return dht;
};
const [one, two] = [await node(), await node()];
const hash = Buffer.alloc(20, 5);
await within(
  5000,
  'announce',
  new Promise((resolve, reject) => one.announce(hash, 6881, (error) => (error ? reject(error) : resolve()))),
);
const peer = within(5000, 'a peer', once(two, 'peer'));
two.lookup(hash);
const [{ host, port }] = await peer;
assert.deepEqual({ host, port }, { host: '127.0.0.1', port: 6881 });
assert.deepEqual(
  one
    .toJSON()
    .nodes.map((entry) => entry.host)
    .filter((address) => address !== '127.0.0.1'),
  [],
);
done();
