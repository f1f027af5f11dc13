// A policy is what an object itself has: nothing else is read, and what a prototype has is not taken for it.
import vm from 'node:vm';
import test from 'ava';
import { compilePolicy } from '../../../src/policy/compile.js';
import type { PolicyInput } from '../../../src/policy/input.generated.js';
import type { PolicyError } from '../../../src/policy/problems.js';

const refusal = { match: '192.0.2.1', to: 'refuse' };
const faultsOf = (policy: object) => {
  try {
    compilePolicy(policy as PolicyInput);
    return [];
  } catch (error) {
    return (error as PolicyError).problems.map(({ path, message }) => `${path}: ${message}`);
  }
};

for (const [title, policy, path] of [
  ['a policy that inherits', Object.create({ mode: 'bogus' }), ''],
  [
    'a policy that inherits, with fields of its own',
    Object.assign(Object.create({ mode: 'off' }), { peers: 'pool' }),
    '',
  ],
  ['a Map', new Map([['mode', 'off']]), ''],
  [
    'an instance of a class',
    new (class {
      rules = [refusal];
    })(),
    '',
  ],
  ['a part that inherits', { dns64: Object.create({ servers: ['192.0.2.53'] }) }, 'dns64'],
  ['a rule that inherits', { rules: [Object.create(refusal)] }, 'rules[0]'],
] as const) {
  test(`${title} is a fault`, (t) => {
    t.deepEqual(faultsOf(policy), [`${path}: is not a plain object`]);
  });
}

test('a value of a class where no object is allowed: the fault says what is', (t) => {
  const error = t.throws(() => compilePolicy({ rules: [{ match: /x/ as never, to: 'refuse' }] })) as PolicyError;
  t.deepEqual(
    error.problems.map(({ path }) => path),
    ['rules[0].match'],
  );
  t.regex(error.problems[0].allowed ?? '', /^an IPv4 address, a network such as/);
});

const failing = () => {
  throw new Error('boom');
};
for (const [title, policy, path] of [
  ['a getter', Object.defineProperty({}, 'mode', { get: failing, enumerable: true }), 'mode'],
  [
    'a getter of a rule',
    {
      rules: [
        {
          ...refusal,
          get to() {
            return failing();
          },
        },
      ],
    },
    'rules[0].to',
  ],
  ['a proxy', { dns64: new Proxy({}, { ownKeys: failing }) }, 'dns64'],
  ['a policy that is a proxy', new Proxy({}, { getPrototypeOf: failing }), ''],
] as const) {
  test(`${title} that throws is a fault of the policy`, (t) => {
    t.true(faultsOf(policy).includes(`${path}: cannot be read: boom`), faultsOf(policy).join());
  });
}

test('what other code adds to Object.prototype is not in a policy', (t) => {
  const polluted = Object.prototype as { mode?: string; protocol?: string };
  polluted.mode = 'off';
  polluted.protocol = 'udp';
  t.teardown(() => {
    delete polluted.mode;
    delete polluted.protocol;
  });
  const { mode, rules } = compilePolicy({ rules: [{ match: '192.0.2.1', to: 'refuse' }] });
  t.is(mode, 'auto');
  t.is(rules[0].protocol, undefined);
  t.is(compilePolicy({}).mode, 'auto');
});

test('each field is read once: what was checked is what is used', (t) => {
  let reads = 0;
  const policy = {
    get mode(): 'always' {
      reads++;
      return reads === 1 ? 'always' : ('bogus' as 'always');
    },
  };
  t.is(compilePolicy(policy).mode, 'always');
  t.is(reads, 1);
});

test('plain objects without a prototype, and of another realm, are policies', (t) => {
  t.is(compilePolicy(Object.assign(Object.create(null), { mode: 'always' })).mode, 'always');
  t.is(
    compilePolicy(vm.runInNewContext('({ mode: "always", rules: [{ match: "192.0.2.1", to: "direct" }] })')).mode,
    'always',
  );
});

test('an object that contains itself is a fault', (t) => {
  const policy: { dns64?: object } = {};
  policy.dns64 = policy;
  t.deepEqual(faultsOf(policy), ['dns64.dns64: unknown key']);
});
