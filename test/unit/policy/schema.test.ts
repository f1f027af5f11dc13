import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import test from 'ava';
import fc from 'fast-check';
import { generate } from '../../../scripts/policy.mjs';
import { compilePolicy } from '../../../src/policy/compile.js';
import type { PolicyInput } from '../../../src/policy/input.generated.js';
import { PRESETS } from '../../../src/policy/presets.js';
import { SCHEMA } from '../../../src/policy/schema.js';
import { validate } from '../../../src/policy/validate.generated.js';
import { codeOf } from '../../support/errors.js';
import { inRepository } from '../../support/paths.js';

const properties = SCHEMA.properties ?? {};

for (const [path, text] of generate()) {
  test(`${path} is what its source says (npm run build)`, (t) => {
    t.is(readFileSync(inRepository(path), 'utf8'), text);
  });
}

const published = new Ajv({ strict: true, allowUnionTypes: true }).compile(
  JSON.parse(readFileSync(inRepository('policy.schema.json'), 'utf8')),
);

test('every example and default of the schema is allowed, by editors and by v6only', (t) => {
  for (const [key, node] of Object.entries(properties)) {
    for (const value of [...(node.examples ?? []), ...('default' in node ? [node.default] : [])]) {
      t.true(published({ [key]: value }), `${key}: ${JSON.stringify(value)}`);
      t.notThrows(() => compilePolicy({ [key]: value }));
    }
  }
  const { match, port, to } = properties.rules?.items?.properties ?? {};
  for (const value of match?.examples ?? [])
    t.notThrows(() => compilePolicy({ rules: [{ match: value as string, to: 'refuse' }] }));
  for (const value of port?.examples ?? []) t.true(published({ rules: [{ match: 'x', to: 'direct', port: value }] }));
  for (const value of to?.examples ?? [])
    t.notThrows(() => compilePolicy({ rules: [{ match: 'db.example.org', to: value as string }] }));
});

test('property: what v6only takes, editors do not mark as wrong', (t) => {
  const word = fc.constantFrom(
    'auto',
    'off',
    'discover',
    '64:ff9b::/96',
    '10.0.0.0/8',
    'ff02::1',
    '224.0.0.9',
    'aws',
    'x',
    '',
    80,
    0,
    true,
    null,
  );
  const value = fc.oneof(
    word,
    fc.array(word, { maxLength: 2 }),
    fc.dictionary(fc.constantFrom('224.0.0.9', 'match', 'to', 'cache'), word),
  );
  const policy = fc.dictionary(fc.constantFrom(...Object.keys(properties), 'other'), value, { maxKeys: 3 });
  fc.assert(
    fc.property(policy, (input) => {
      let taken = true;
      try {
        compilePolicy(input);
      } catch (error) {
        t.is(codeOf(error), 'V6ONLY_INVALID_POLICY');
        taken = false;
      }
      if (taken) t.true(published(input), JSON.stringify(input));
      // The published schema also has patterns; the validator inside leaves those to the readers.
      if (published(input)) t.true(validate(input), JSON.stringify(input));
    }),
    { numRuns: 2000 },
  );
});

test('every field has a description', (t) => {
  for (const [key, node] of Object.entries(properties)) t.truthy(node.description, key);
});

for (const [name, { twins, source, description }] of Object.entries(PRESETS)) {
  test(`the preset ${name} names its source and sends addresses to IPv6 ones`, (t) => {
    t.true(source.length > 20 && description.length > 20);
    const policy = compilePolicy({ presets: [name] } as PolicyInput);
    t.is(policy.twins.size, Object.keys(twins).length, 'each twin is there once, in canonical form');
    for (const [address, ipv4] of policy.twins) t.is(twins[ipv4], address);
  });
}

test('presets come after the rules of the policy, and may be overridden by them', (t) => {
  const { matchRule } = compilePolicy({ presets: ['aws'], rules: [{ match: '169.254.169.254', to: 'refuse' }] });
  t.is(matchRule?.({ ipv4: 0xa9fea9fe })?.target.kind, 'refuse');
  t.is(matchRule?.({ ipv4: 0xa9fea9fd })?.name, 'preset aws (169.254.169.253)');
});
