// Programs that freeze what the language has built in, or that Node.js is told to freeze: as natively.
import test from 'ava';
import { fixture } from '../support/cli.js';
import { hostTest, type Kind, runOnHost } from '../support/host.js';

const program = fixture('frozen.cjs');
const OWN_RESOLVER = {
  V6ONLY_POLICY: '{"dns64":{"servers":["::1"]},"rules":[{"match":"*.example.net","to":"nat64"}]}',
};

/** How Node.js is started, and the program. */
interface Way {
  readonly title: string;
  readonly flags: readonly string[];
  readonly args?: readonly string[];
}

async function run(kind: Kind, { flags, args = [] }: Way, env?: NodeJS.ProcessEnv) {
  const { stdout, stderr, code } = await runOnHost(kind, [...flags, program, ...args], { dns: 'plain', env });
  return {
    said: stdout.trim().split('\n').sort(),
    stderr: stderr.replace(/^.*(ExperimentalWarning|--trace).*\n/gm, ''),
    code,
  };
}

const EXPECTED = {
  said: ['lookup 203.0.113.7', 'resolve 203.0.113.7', 'tcp 203.0.113.7', 'udp 203.0.113.7'],
  stderr: '',
  code: 0,
};

const WAYS: readonly Way[] = [
  { title: '--frozen-intrinsics', flags: ['--frozen-intrinsics'] },
  { title: '--disable-proto=delete', flags: ['--disable-proto=delete'] },
  { title: '--disable-proto=throw', flags: ['--disable-proto=throw'] },
  { title: 'prototypes that the program freezes', flags: [], args: ['freeze'] },
];
for (const way of WAYS) {
  hostTest(test, ['v6', 'dual'], `${way.title}: as natively`, async (t, kind) => {
    t.deepEqual(await run(kind, way), EXPECTED);
    if (kind === 'v6') t.deepEqual(await run(kind, way, OWN_RESOLVER), EXPECTED);
  });
}
