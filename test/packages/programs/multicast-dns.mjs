// multicast-dns and bonjour-service: ask and answer over udp4 at 224.0.0.251
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Bonjour } from 'bonjour-service';
import mdns from 'multicast-dns';
import { done, within } from '../../../build/test/packages/support/program.js';

const responder = mdns();
const asker = mdns();
await Promise.all([once(responder, 'ready'), once(asker, 'ready')]);
responder.on('query', ({ questions }, from) => {
  assert.equal(from.family, 'IPv4');
  if (questions.some(({ name }) => name === 'printer.local')) {
    responder.respond({ answers: [{ name: 'printer.local', type: 'A', ttl: 60, data: '192.0.2.30' }] });
  }
});
const heard = within(
  8000,
  'an answer',
  new Promise((resolve) =>
    asker.on(
      'response',
      ({ answers }, from) => answers.find(({ name }) => name === 'printer.local') && resolve({ answers, from }),
    ),
  ),
);
asker.query('printer.local', 'A');
const { answers, from } = await heard;
assert.equal(answers[0].data, '192.0.2.30');
assert.equal(from.port, 5353);
assert.equal(from.family, 'IPv4');
responder.destroy();
asker.destroy();

const bonjour = new Bonjour();
bonjour.publish({ name: 'A printer', type: 'ipp', port: 631, probe: false });
const found = await within(8000, 'the service', new Promise((resolve) => bonjour.find({ type: 'ipp' }, resolve)));
assert.equal(found.name, 'A printer');
assert.equal(found.port, 631);
assert.match(found.referer.address, /^\d+\.\d+\.\d+\.\d+$/);
bonjour.destroy();
done(found.referer.address);
