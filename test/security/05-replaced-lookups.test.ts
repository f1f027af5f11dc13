// Claim 5: a function that stood in the place of dns.lookup or dns.promises.lookup before v6only decides, in the form that it
// has without the hook. Node.js without the hook on a dual-stack host is the oracle.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { hostTest, type Kind, registerPath, runOnHost } from '../support/host.js';
import { writeWhole } from '../support/write-whole.js';

const scratch = mkdtempSync(path.join(tmpdir(), 'v6only-lookups-'));
test.after.always(() => rmSync(scratch, { recursive: true, force: true }));
const script = (name: string, text: string) => writeWhole(path.join(scratch, name), text);

const app = script(
  'app.cjs',
  `const dns = require('dns'), dgram = require('dgram'), net = require('net');
  const forms = [[], [4], [{ family: 4 }], [{ family: 6 }], [{ all: true }], [{ family: 4, all: true }], [{ family: 'IPv4', hints: dns.V4MAPPED }], [{ family: 7 }], [Object.create({ family: 4 })]];
  const seen = [];
  const say = (...what) => seen.push(what.map((one) => (one instanceof Error ? one.code ?? one.message : JSON.stringify(one) ?? 'undefined')).join(' '));
  process.on('uncaughtException', (error) => { say('uncaught', error); process.exit(); });
  process.on('unhandledRejection', (error) => say('unhandled', error));
  const settled = (start) => new Promise((done) => { try { start(done); } catch (error) { done(['thrown', error]); } });
  (async () => {
    for (const form of forms) {
      say('lookup', form, ...(await settled((done) => dns.lookup('svc.example.org', ...form, (error, ...answer) => done([error, answer[0], answer[1]])))));
      say('promise', form, ...(await settled((done) => dns.promises.lookup('svc.example.org', ...form).then((...answer) => done(answer), (error) => done([error])))));
    }
    for (const options of [{ family: 4 }, { autoSelectFamily: false }, { autoSelectFamily: true }])
      say('connect', options, ...(await settled((done) => net.connect({ host: 'svc.example.org', port: 9, ...options }).on('error', (error) => done([error])))));
    const socket = dgram.createSocket('udp4');
    if (process.env.DATAGRAM) say('send', ...(await settled((done) => socket.send('x', 9, 'svc.example.org', (error) => done([error])))));
    socket.close();
    try {
      dns.lookup('svc.example.org', { family: 4 }, (error) => { say('called back', error); throw new Error('of the callback'); });
    } catch (error) {
      say('thrown', error);
    }
  })();
  // Node.js itself never answers some of them.
  process.on('exit', () => console.log(seen.join('\\n')));`,
);

/** What stands in the place of the two functions. */
const REPLACED = {
  'one address, whatever is asked for': `
    dns.lookup = (host, options, callback) => process.nextTick(typeof options === 'function' ? options : callback, null, '127.0.0.1', 4);
    dns.promises.lookup = async () => ({ address: '127.0.0.1', family: 4 });`,
  'an alias, of which only the family is passed on': `
    dns.lookup = (host, options, callback) => {
      if (typeof options === 'function') return lookup(alias(host), options);
      return lookup(alias(host), typeof options === 'number' ? options : options.family ?? 0, callback);
    };
    dns.promises.lookup = (host, options) => promise(alias(host), typeof options === 'number' ? options : options?.family ?? 0);`,
  'an alias, of which everything is passed on': `
    dns.lookup = (host, ...rest) => lookup(alias(host), ...rest);
    dns.promises.lookup = (host, ...rest) => promise(alias(host), ...rest);`,
  'a refusal': `
    const refusal = () => Object.assign(new Error('denied'), { code: 'EDENIED' });
    dns.lookup = (host, options, callback) => process.nextTick(typeof options === 'function' ? options : callback, refusal());
    dns.promises.lookup = async () => { throw refusal(); };`,
  'a refusal at once': `
    const refuse = (host) => { if (host === 'svc.example.org') throw Object.assign(new Error('denied'), { code: 'EDENIED' }); };
    dns.lookup = (host, ...rest) => refuse(host) ?? lookup(host, ...rest);
    dns.promises.lookup = (host, ...rest) => refuse(host) ?? promise(host, ...rest);`,
  'a refusal at once, by the callback': `
    const refused = () => Object.assign(new Error('none'), { code: 'ENOTFOUND' });
    dns.lookup = (host, options, callback) => void (typeof options === 'function' ? options : callback)(refused());
    dns.promises.lookup = async () => { throw refused(); };`,
  'no address': `
    dns.lookup = (host, options, callback) => process.nextTick(typeof options === 'function' ? options : callback, null, options?.all ? [] : undefined);
    dns.promises.lookup = async () => {};`,
  'an address without a family': `
    dns.lookup = (host, options, callback) => process.nextTick(typeof options === 'function' ? options : callback, null, options?.all ? [{ address: '127.0.0.1' }] : '127.0.0.1');
    dns.promises.lookup = async (host, options) => options?.all ? [{ address: '127.0.0.1' }] : { address: '127.0.0.1' };`,
};
/** Node.js itself ends the process for a datagram to no address. */
const withoutDatagram = ['no address'];

async function run(kind: Kind, what: keyof typeof REPLACED, { hook = true, policy = {} } = {}): Promise<string> {
  const replace = script(
    `${Object.keys(REPLACED).indexOf(what)}-${kind}-${hook}.cjs`,
    `const dns = require('dns');
     const { lookup } = dns, promise = dns.promises.lookup;
     const alias = (host) => (host === 'svc.example.org' ? '127.0.0.1' : host);
     ${REPLACED[what]}`,
  );
  const flags = ['-r', replace, ...(hook ? ['-r', registerPath] : [])];
  const env = { V6ONLY_POLICY: JSON.stringify(policy), DATAGRAM: withoutDatagram.includes(what) ? '' : '1' };
  const { code, stdout, stderr } = await runOnHost(kind, [...flags, app], { hook: false, env, dns: 'plain' });
  return code === 0 ? stdout : `exit ${code}\n${stdout}${stderr}`;
}

for (const what of Object.keys(REPLACED) as (keyof typeof REPLACED)[]) {
  hostTest(test, ['v6', 'dual'], `${what}: as without the hook`, async (t, kind) => {
    const natively = await run('dual', what, { hook: false });
    t.regex(natively, /^"connect"/m);
    t.is(await run(kind, what), natively);
  });
}

hostTest(test, ['v6'], 'name servers in the policy are not asked past such a function', async (t, kind) => {
  const policy = { dns64: { servers: ['::1'] } };
  for (const what of ['a refusal', 'an alias, of which everything is passed on'] as const)
    t.is(await run(kind, what, { policy }), await run('dual', what, { hook: false }));
});

hostTest(test, ['v6'], 'a datagram to no address fails, and the process goes on', async (t, kind) => {
  const replace = script(
    'nothing.cjs',
    `const dns = require('dns');
     const { lookup } = dns;
     dns.lookup = (host, ...rest) => (host === 'svc.example.org' ? process.nextTick(rest.at(-1), null, undefined) : lookup(host, ...rest));`,
  );
  const program = script(
    'send.cjs',
    `const socket = require('dgram').createSocket('udp4');
     socket.send('x', 9, 'svc.example.org', (error) => { console.log(error.code); socket.close(); });`,
  );
  const { stdout, stderr } = await runOnHost(kind, ['-r', replace, '-r', registerPath, program], { hook: false });
  t.is(stdout, 'EINVAL\n', stderr);
});
