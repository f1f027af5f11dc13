// Claim 15: no key of a policy reaches what is not the policy's.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'ava';
import { compilePolicy } from '../../src/policy/compile.js';
import { loadPolicy } from '../../src/policy/load.js';
import { SCHEMA } from '../../src/policy/schema.js';

const NAMES = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf', '__defineGetter__'];
const VALUES = [
  '{"polluted": true}',
  '{"prototype": {"polluted": true}}',
  '{"__proto__": {"polluted": true}}',
  '"ff05::1"',
  '[]',
];
/** Where an object may stand: the text of a policy with `HERE` for its members. */
const PLACES = [
  '{HERE}',
  '{"dns64": {HERE}}',
  '{"dns64": {"cache": {HERE}}}',
  '{"multicast": {HERE}}',
  '{"rules": [{"match": "192.0.2.1", "to": "direct", HERE}]}',
  '{"rules": {HERE}}',
];

/** Everything that is on the prototypes that all share. */
const shared = () =>
  [Object, Array, Function, String, Map, Set, RegExp].flatMap(({ prototype }) =>
    Reflect.ownKeys(prototype).flatMap((key) => {
      const { value, get, set } = Object.getOwnPropertyDescriptor(prototype, key) ?? {};
      return [key, value, get, set];
    }),
  );

test('keys that name prototypes pollute nothing, wherever they stand, and are faults', (t) => {
  const before = shared();
  const schema = JSON.stringify(SCHEMA);
  for (const place of PLACES) {
    for (const name of NAMES) {
      for (const value of VALUES) {
        const text = place.replace('HERE', () => `${JSON.stringify(name)}: ${value}`);
        t.throws(() => compilePolicy(JSON.parse(text)), { code: 'V6ONLY_INVALID_POLICY' }, text);
      }
    }
  }
  t.false('polluted' in {});
  const after = shared();
  t.is(after.length, before.length);
  t.true(after.every((one, i) => Object.is(one, before[i])));
  t.is(JSON.stringify(SCHEMA), schema);
});

test('a package.json whose prototype has a policy has none', (t) => {
  const root = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'v6only-keys-')));
  t.teardown(() => fs.rmSync(root, { recursive: true }));
  fs.writeFileSync(path.join(root, 'package.json'), '{"__proto__": {"v6only": {"mode": "off"}}}');
  const { policy, source } = loadPolicy({ mainScript: path.join(root, 'app.js'), env: {} });
  t.is(source, undefined);
  t.is(policy.mode, 'auto');
});
