// Programs that freeze what the language has built in, or that Node.js is told to freeze: as natively.
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { hostTest, runOnHost } from '../support/host.js';

const program = fileURLToPath(new URL('fixtures/frozen.cjs', import.meta.url));
const OWN_RESOLVER = {
  V6ONLY_POLICY: '{"dns64":{"servers":["::1"]},"rules":[{"match":"*.example.net","to":"nat64"}]}',
};

async function run(kind, flags, args, env) {
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

const ways = [
  { title: '--frozen-intrinsics', flags: ['--frozen-intrinsics'] },
  { title: '--disable-proto=delete', flags: ['--disable-proto=delete'] },
  { title: '--disable-proto=throw', flags: ['--disable-proto=throw'] },
  { title: 'prototypes that the program freezes', flags: [], args: ['freeze'] },
];
for (const { title, flags, args = [] } of ways) {
  hostTest(test, ['v6', 'dual'], `${title}: as natively`, async (t, kind) => {
    t.deepEqual(await run(kind, flags, args), EXPECTED);
    if (kind === 'v6') t.deepEqual(await run(kind, flags, args, OWN_RESOLVER), EXPECTED);
  });
}
