import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { builtinModules, createRequire } from 'node:module';
import net from 'node:net';
import path from 'node:path';
import type { Failure } from '../support/errors.js';
import { registerPath } from '../support/host.js';
import { sendOf } from '../support/internals.js';
import { echoServer, errorOf, exchange, HOST4 } from '../support/sockets.js';
import { suite } from '../support/suite.js';

// require('v6only') as a library: nothing is preloaded.
const check = suite(import.meta.url, { hook: false, on: ['noinet', 'v6', 'lo4'] });
// v6only takes what the language has built in when it is loaded: what shall fail later has to be there by then.
let unpatchable: Pick<Patched, 'owner' | 'key'> | undefined;
const { defineProperty } = Object;
Object.defineProperty = (object, name, descriptor) => {
  if (object === unpatchable?.owner && name === unpatchable.key) throw new TypeError('Cannot redefine property');
  return defineProperty(object, name, descriptor);
};
const v6only = createRequire(import.meta.url)(path.join(path.dirname(registerPath), 'dist/index.js'));
Object.defineProperty = defineProperty;

const INSTALLATION = Symbol.for('v6only.installation.1');
const policy = { nat64: '64:ff9b::/96' };
/** What is patched, as `patch()` has noted it. */
const patchedNow = () => (globalThis as object as Record<symbol, { patched(): Patched[] }>)[INSTALLATION].patched();

/** A property that is patched, and what it was before. */
interface Patched {
  readonly owner: object;
  readonly key: PropertyKey;
  readonly before: PropertyDescriptor | undefined;
}

/** Enables and disables once: everything that will be patched, whatever it is. */
function patchedOnce() {
  v6only.enable(policy);
  try {
    return patchedNow();
  } finally {
    v6only.disable();
  }
}

/** All that v6only patches, all built-in modules, and the classes in them. */
function reachable() {
  const modules = builtinModules
    .filter((name) => !name.startsWith('_') && !/^(sys|punycode|wasi|sqlite|trace_events)/.test(name))
    .map((name) => process.getBuiltinModule(name));
  // Node.js loads its own fetch when it is first looked at, and that adds to globalThis.
  assert.ok([globalThis.Headers, globalThis.WebSocket].some(Boolean));
  const all = new Set<object>([
    process,
    globalThis,
    ...patchedOnce().map(({ owner }) => owner),
    ...modules,
  ] as object[]);
  for (const module of modules) {
    for (const { value } of Object.values(Object.getOwnPropertyDescriptors(module))) {
      if (typeof value === 'function' && value.prototype) all.add(value.prototype);
    }
  }
  return [...all];
}

/** Object → its properties. */
type Properties = Record<PropertyKey, PropertyDescriptor>;
type Snapshot = Map<object, Properties>;
const snapshot = (owners: object[]): Snapshot =>
  new Map(owners.map((owner) => [owner, Object.getOwnPropertyDescriptors(owner)]));

/** The properties that differ between two snapshots, as `[owner, key]`. */
function differences(before: Snapshot, after: Snapshot) {
  const found: [owner: object, key: PropertyKey][] = [];
  for (const [owner, properties] of before) {
    const now = after.get(owner) as Properties;
    for (const key of new Set([...Reflect.ownKeys(properties), ...Reflect.ownKeys(now)])) {
      const [a, b]: PropertyDescriptor[] = [properties[key] ?? {}, now[key] ?? {}];
      const same = (['value', 'get', 'set', 'writable', 'enumerable', 'configurable'] as const).every((field) =>
        Object.is(a[field], b[field]),
      );
      if (!same && key !== INSTALLATION) found.push([owner, key]);
    }
  }
  return found;
}

const keysOf = (list: [owner: object, key: PropertyKey][]) => list.map(([, key]) => String(key)).sort();

check('loading the package patches nothing', () => {
  assert.equal(v6only.status().enabled, false);
});

check('what differs while enabled is what was patched, and disable restores all of it', () => {
  const list = patchedOnce();
  assert.ok(list.length > 30, `${list.length} patches`);
  const owners = reachable();
  const before = snapshot(owners);
  v6only.enable(policy);
  const during = differences(before, snapshot(owners));
  v6only.disable();
  // require-in-the-middle changes these itself, and takes them back.
  const besides = ['require', ...('getBuiltinModule' in process ? ['getBuiltinModule'] : [])];
  assert.deepEqual(keysOf(during), [...list.map(({ key }) => String(key)), ...besides].sort());
  for (const { owner, key } of list)
    assert.ok(
      during.some(([object, name]) => object === owner && name === key),
      String(key),
    );
  assert.deepEqual(differences(before, snapshot(owners)), []);
  for (const { owner, key, before: noted } of list) {
    assert.deepEqual(Object.getOwnPropertyDescriptor(owner, key), noted, `${String(key)} was not restored`);
  }
});

/** The function that is there now. */
const functionOf = ({ owner, key }: Patched) => (owner as Record<PropertyKey, () => void>)[key];

check('patched functions keep their name and length, and are no constructors where Node’s are none', () => {
  const list = patchedOnce();
  const real = list.map(functionOf);
  v6only.enable(policy);
  const now = list.map(functionOf);
  v6only.disable();
  for (const [i, { key }] of list.entries()) {
    assert.notEqual(now[i], real[i], String(key));
    assert.equal(now[i].name, real[i].name, String(key));
    assert.equal(now[i].length, real[i].length, String(key));
    assert.equal(now[i].prototype, undefined, String(key));
  }
});

check('whichever patch fails, those before it are taken back', () => {
  const list = patchedOnce();
  const owners = reachable();
  const before = snapshot(owners);
  for (const [i, { owner, key }] of list.entries()) {
    unpatchable = { owner, key };
    try {
      assert.throws(() => v6only.enable(policy), { code: 'V6ONLY_UNSUPPORTED_RUNTIME' }, String(key));
    } finally {
      unpatchable = undefined;
    }
    assert.equal(v6only.status().enabled, false);
    assert.deepEqual(keysOf(differences(before, snapshot(owners))), [], `after patch ${i}, ${String(key)}`);
  }
  assert.equal(patchedOnce().length, list.length);
});

check('disable restores the IPC channels of child processes; enabled anew, each has one listener', async () => {
  const ipc = () => spawn(process.execPath, ['-e', ''], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const listeners = (child: ChildProcess) => child.listenerCount('internalMessage');
  const plain = ipc();
  const native = listeners(plain);
  const children = [plain];
  for (let i = 0; i < 2; i++) {
    v6only.enable(policy);
    const child = ipc();
    children.push(child);
    assert.equal(listeners(child), native + 1);
    const send = sendOf(child);
    v6only.disable();
    assert.equal(listeners(child), native);
    assert.notEqual(sendOf(child), send);
    assert.equal(String(sendOf(child)), String(sendOf(plain)), 'Node’s own');
  }
  await Promise.all(children.map((child) => once(child, 'exit')));
});

check('enabled, an IPv4 program works; disabled, new sockets fail again and open ones go on', async () => {
  v6only.enable({ nat64: '64:ff9b::/96' });
  const { server, port } = await echoServer();
  const open = net.connect(port, HOST4).setEncoding('utf8');
  await once(open, 'connect');
  v6only.disable();
  open.write('still here');
  assert.equal(await once(open, 'data').then(String), 'still here');
  assert.equal(open.remoteAddress, HOST4);
  assert.match((await errorOf(net.connect(port, HOST4))).code as string, /^(ENETUNREACH|EAFNOSUPPORT|EINVAL)$/);
  open.destroy();
  server.close();
});

check('enabled twice is enabled once', async () => {
  const owners = reachable();
  const before = snapshot(owners);
  v6only.enable(policy);
  const once_ = snapshot(owners);
  const warned = once(process, 'warning');
  v6only.enable(policy);
  v6only.enable();
  assert.throws(() => v6only.enable({ nat64: 'not a prefix' }), { code: 'V6ONLY_INVALID_POLICY' });
  const second = v6only.enable({ nat64: '2001:db8:64::/96' });
  assert.deepEqual(second.nat64.prefixes, ['64:ff9b::/96']);
  const [{ code, message }] = await warned;
  assert.equal(code, 'V6ONLY_POLICY_IGNORED');
  assert.match(message, /already active: the policy that it was started with stays/);
  assert.deepEqual(differences(once_, snapshot(owners)), []);
  const { server, port } = await echoServer();
  assert.equal(await exchange({ port, host: HOST4 }), 'ping');
  server.close();
  v6only.disable();
  assert.deepEqual(differences(before, snapshot(owners)), []);
});

check('a wrapper that somebody put on top survives disable, and what is below it is plain again', async () => {
  v6only.enable({ nat64: '64:ff9b::/96' });
  const patched = net.Socket.prototype.connect;
  let calls = 0;
  net.Socket.prototype.connect = function (this: net.Socket, ...args: unknown[]) {
    calls++;
    return Reflect.apply(patched, this, args);
  } as typeof patched;
  const wrapper = net.Socket.prototype.connect;
  v6only.disable();
  assert.equal(net.Socket.prototype.connect, wrapper);
  await errorOf(net.connect(1, HOST4));
  assert.equal(calls, 1);
});

const REFUSED: [what: string, options: unknown, code: string, named: RegExp][] = [
  ['an unknown option', { nat46: '64:ff9b::/96' }, 'V6ONLY_INVALID_POLICY', /nat46/],
  [
    'a prefix of a wrong length',
    { nat64: '64:ff9b::/95' },
    'V6ONLY_INVALID_POLICY',
    /64:ff9b::\/95.*32, 40, 48, 56, 64 or 96/s,
  ],
  ['a prefix with bits 64 to 71 set', { nat64: '2001:db8:0:0:ff00::/96' }, 'V6ONLY_INVALID_POLICY', /64 to 71/],
  ['a prefix with bits beyond its length', { nat64: '2001:db8::1/64' }, 'V6ONLY_INVALID_POLICY', /beyond/],
  ['an IPv4 prefix', { nat64: '192.0.2.0/24' }, 'V6ONLY_INVALID_POLICY', /192\.0\.2\.0\/24/],
  ['no prefix in the list', { nat64: [] }, 'V6ONLY_INVALID_POLICY', /nat64/],
  ['a mode that is none', { mode: 'on' }, 'V6ONLY_INVALID_POLICY', /mode/],
  [
    'a malformed address in a rule',
    { rules: [{ match: '1.2.3.4', to: '2001:db8:::1' }] },
    'V6ONLY_INVALID_POLICY',
    /2001:db8:::1/,
  ],
  ['a pool that is no network', { pool: '198.18.0.1/15' }, 'V6ONLY_INVALID_POLICY', /198\.18\.0\.1\/15/],
  ['a loopback prefix of a wrong length', { loopback: 'fd00::/64' }, 'V6ONLY_INVALID_POLICY', /fd00::\/64/],
  ['options that are no object', '64:ff9b::/96', 'V6ONLY_INVALID_POLICY', /./],
  ['options that are null', null, 'V6ONLY_INVALID_POLICY', /./],
];

for (const [what, options, code, named] of REFUSED) {
  check(`${what} is refused before anything is patched`, () => {
    const owners = reachable();
    const before = snapshot(owners);
    assert.throws(
      () => v6only.enable(options),
      (error: Failure) => {
        assert.equal(error.code, code);
        assert.match(error.message, named);
        return true;
      },
    );
    assert.equal(v6only.status().enabled, false);
    assert.deepEqual(differences(before, snapshot(owners)), []);
  });
}

check('explain says what an address becomes, enabled or not', () => {
  const { decision } = v6only.explain('203.0.113.5', { policy: { nat64: '64:ff9b::/96' } });
  assert.equal(decision.kind, 'translate');
  assert.equal(decision.address, '64:ff9b::cb00:7105');
  const off = v6only.explain('203.0.113.5', { policy: { nat64: '64:ff9b::/96', mode: 'off' } });
  assert.deepEqual([off.mode, off.decision.kind], ['off', 'translate']);
  assert.throws(() => v6only.explain('not an address'), { code: 'V6ONLY_INVALID_ADDRESS' });
});
