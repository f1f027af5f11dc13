import test from 'ava';
import fc from 'fast-check';
import { framed, MessageFrames } from '../../../src/resolver/message-frames.js';

const messages = fc.array(fc.uint8Array({ maxLength: 700 }).map(Buffer.from), { maxLength: 8 });

test('property: messages come out of a stream as they went in, whatever the pieces', (t) => {
  fc.assert(
    fc.property(messages, fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1 }), (sent, sizes) => {
      const stream = Buffer.concat(sent.map(framed));
      const frames = new MessageFrames();
      const got = [];
      for (let at = 0, i = 0; at < stream.length; i++) {
        const end = at + sizes[i % sizes.length];
        got.push(...frames.push(stream.subarray(at, end)));
        at = end;
      }
      t.deepEqual(got, sent);
      t.deepEqual([frames.inMessage, frames.ended], [false, sent.length]);
    }),
  );
});

test('a message has begun with its first octet, of the length even', (t) => {
  const frames = new MessageFrames();
  t.false(frames.inMessage);
  for (const octet of [0, 2, 7]) {
    t.deepEqual(frames.push(Buffer.from([octet])), []);
    t.true(frames.inMessage);
  }
  t.deepEqual(frames.push(Buffer.from([8])), [Buffer.from([7, 8])]);
  t.false(frames.inMessage);
});
