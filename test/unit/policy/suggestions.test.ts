// What "Did you mean …?" names, and above all what it does not.
import test from 'ava';
import { nearest } from '../../../src/policy/edit-distance.js';

const MODES = ['auto', 'always', 'off'];
const LISTEN = ['auto', 'ipv4', 'both'];
const OF_RULES = ['match', 'port', 'protocol', 'to', 'comment'];

for (const [text, words, meant] of [
  // The opposite.
  ['on', MODES, undefined],
  ['ipv6', LISTEN, undefined],
  ['ipv46', LISTEN, undefined],
  ['ipv4', ['ipv6', 'pool'], undefined],
  ['--nat46', ['--mode', '--nat64'], undefined],
  // Another word.
  ['icmp', ['tcp', 'udp'], undefined],
  ['oci', ['aws', 'gcp'], undefined],
  ['host', OF_RULES, undefined],
  // Mistyped.
  ['matches', OF_RULES, 'match'],
  ['of', MODES, 'off'],
  ['Always', MODES, 'always'],
  ['alwasy', MODES, 'always'],
  ['ivp4', LISTEN, 'ipv4'],
  ['tpc', ['tcp', 'udp'], 'tcp'],
  ['protcl', OF_RULES, 'protocol'],
  ['--nat6', ['--mode', '--nat64'], '--nat64'],
  ['x'.repeat(1e6), MODES, undefined],
] as const) {
  test(`${text.slice(0, 20)} of ${words.join(', ')}: ${meant}`, (t) => {
    t.is(nearest(text, words), meant);
  });
}
