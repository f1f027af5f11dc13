// Claim 16: what a program puts in the place of the language's built-ins is not called by a hook, so it sees no address and
// breaks nothing that works without the hook. Node.js itself is the oracle, with the same replaced.
import path from 'node:path';
import test from 'ava';
import { control, type HostOptions, hostTest, type Kind, registerPath, runOnHost } from '../support/host.js';
import { inRepository } from '../support/paths.js';

const program = inRepository('test/security/fixtures/replaced-built-ins.cjs');
const DIST = path.join(path.dirname(registerPath), 'dist', path.sep);

/** A policy by which the resolver of v6only answers, and not the operating system's. */
const OWN_RESOLVER = { V6ONLY_POLICY: '{"dns64":{"servers":["::1"]}}' };

/** What replaces the built-ins: what looks on, or what throws. */
type How = 'spy' | 'throw';

/** What came of everything, by what was replaced, and which of it was called from `folder`. */
interface Result {
  readonly said: Readonly<Record<string, string>>;
  readonly seen: readonly string[];
}

async function run(
  kind: Kind,
  how: How,
  { hook, folder = DIST, env }: Pick<HostOptions, 'hook' | 'env'> & { folder?: string } = {},
): Promise<Result> {
  const result = await runOnHost(kind, [program, how, folder], { hook, dns: 'plain', env });
  try {
    return JSON.parse(result.stdout);
  } catch {
    throw new Error(`no result: ${JSON.stringify(result)}`);
  }
}
const native: Partial<Record<How, Promise<Result>>> = {};
/** What Node.js does by itself on a dual-stack host. */
function natively(how: How): Promise<Result> {
  native[how] ??= run('dual', how, { hook: false, folder: 'node:' });
  return native[how];
}

hostTest(test, ['dual'], 'Node.js itself works with all replaced by what looks on, and calls some of it', async (t) => {
  const { said, seen } = await natively('spy');
  t.regex(said.nothing, /^0: 0\.0\.0\.0 IPv4 \| data 127\.0\.0\.1 IPv4 127\.0\.0\.1 \| data 203\.0\.113\.7 IPv4 /);
  t.is(said.everything, said.nothing);
  t.true(seen.some((one) => one.startsWith('everything.exec') || one.startsWith('everything.next')));
});

hostTest(test, ['v6', 'lo4', 'dual'], 'no hook calls what was replaced', async (t, kind) => {
  const { said, seen } = await run(kind, 'spy');
  t.deepEqual(seen, []);
  if (!control) t.deepEqual(said, (await natively('spy')).said);
});

hostTest(
  test,
  ['v6', 'dual'],
  'what throws when it is called changes nothing more than without the hook',
  async (t, kind) => {
    t.deepEqual((await run(kind, 'throw')).said, (await natively('throw')).said);
  },
);

hostTest(test, ['v6'], "nor does v6only's own resolver", async (t, kind) => {
  const looked = await run(kind, 'spy', { env: OWN_RESOLVER });
  t.deepEqual(looked.seen, []);
  if (!control) t.deepEqual(looked.said, (await natively('spy')).said);
  t.deepEqual((await run(kind, 'throw', { env: OWN_RESOLVER })).said, (await natively('throw')).said);
});
