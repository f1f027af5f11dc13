// Claim 11: the work of decoding a DNS message is linear in its length, whatever its octets. Steps are counted, not time.

import test from 'ava';
import { decodeMessage } from '../../src/resolver/message.js';
import { StepCounter } from '../../src/resolver/step-counter.js';
import { codeOf } from '../support/errors.js';
import { HONEST, HOSTILE, messageOf, pointerChain, record } from './_hostile-messages.js';

const STEPS_PER_OCTET = 16;
const MIN_STEPS = 1024;
/** The most that is counted at once: the data of one record. */
const MAX_AT_ONCE = 0xffff;
const SIZES = [4_000, 16_000, 65_000];

/** The records that were read, or undefined where the message was refused; and the steps that this took. */
function decode(bytes: Buffer, limit?: number): { records: number | undefined; spent: number; error?: Error } {
  const steps = new StepCounter(bytes.length, limit);
  try {
    return { records: decodeMessage(bytes, steps).answers.length, spent: steps.spent };
  } catch (error) {
    if (codeOf(error) !== 'V6ONLY_MALFORMED_MESSAGE') throw error;
    return { records: undefined, spent: steps.spent, error: error as Error };
  }
}

/** A pointer to the `i`th pointer of a chain. */
const pointerTo = (i: number) => Buffer.from([0xc0 | ((30 + 2 * i) >> 8), (30 + 2 * i) & 255]);

for (const [what, make] of Object.entries(HOSTILE)) {
  test(`claim 11: ${what}: the steps are bounded by the length`, (t) => {
    for (const octets of SIZES) {
      const bytes = make(octets);
      t.true(bytes.length > octets - 300 && bytes.length <= octets, `${bytes.length} octets`);
      const { spent, records } = decode(bytes);
      t.true(spent > 0 && spent <= MIN_STEPS + STEPS_PER_OCTET * bytes.length + MAX_AT_ONCE, `${spent} steps`);
      t.log(`${bytes.length} octets: ${spent} steps, ${records === undefined ? 'refused' : `${records} records`}`);
    }
  });
}

for (const [what, make] of Object.entries(HONEST)) {
  test(`claim 11, control: ${what}: read whole, in less than the bound`, (t) => {
    for (const octets of SIZES) {
      const bytes = make(octets);
      const { records, spent } = decode(bytes);
      t.is(records, bytes.readUInt16BE(6));
      t.true(spent < MIN_STEPS + STEPS_PER_OCTET * bytes.length);
    }
  });
}

test('claim 11: without the bound the work would still be that of the text that the message stands for', (t) => {
  // 65,000 octets stand for more than a million octets of names: what is refused is refused for a reason.
  const bytes = HOSTILE['other labels before the longest name'](65_000);
  const { records, spent } = decode(bytes, Number.POSITIVE_INFINITY);
  t.is(records, bytes.readUInt16BE(6));
  t.true(spent > MIN_STEPS + STEPS_PER_OCTET * bytes.length);
  t.regex(String(decode(bytes).error?.message), /steps/);
});

test('claim 11: no name leads through more than 127 pointers; one of 127 is read', (t) => {
  const chained = (length: number) =>
    messageOf([record(Buffer.from([0]), 65280, pointerChain(length)), record(pointerTo(length - 1), 65280)]);
  // The owner is one pointer more.
  t.is(decode(chained(126)).records, 2);
  t.regex(String(decode(chained(127)).error?.message), /127 compression pointers/);
});

test('claim 11: what pointers led to before counts, too: a chain in pieces is as long as one', (t) => {
  const pieces = [50, 100, 150].map((i) => record(pointerTo(i), 65280));
  t.regex(
    String(decode(messageOf([record(Buffer.from([0]), 65280, pointerChain(200)), ...pieces])).error?.message),
    /127 compression pointers/,
  );
});
