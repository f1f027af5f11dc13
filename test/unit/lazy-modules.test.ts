import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';

// What src/ loads with require() comes from a file of its own, and a program may have no descriptor left to read one with.
// So a module is loaded either while the hook is installed, or where a failure is the error of one call, which is the
// rejection of a promise. A new entry needs one of these reasons.
const AT_INSTALLATION = {
  'hooks/process/packages.ts': ['require-in-the-middle'],
  'install/enable.ts': ['./process-reports'],
  'policy/own-fields.ts': ['./check-shape'],
  'policy/compile.ts': ['./check-shape', './presets', './rule', './shadowed-rules', './validate.generated'],
  'policy/host-names.ts': ['picomatch'],
  'preload.ts': ['./install/process-reports'],
};
const ERROR_OF_THE_CALL = {
  'install/name-resolver.ts': ['../resolver/resolver'],
  'prefix/prefixes.ts': ['./discover'],
  'resolver/packet.ts': ['dns-packet', 'dns-packet/classes', 'dns-packet/types'],
};
/** The build leaves it in the file that loads it. */
const IN_THE_SAME_FILE = { 'address/ipv6.ts': ['ipaddr.js'] };

test('nothing else is loaded when the program runs', (t) => {
  const found: Record<string, string[]> = {};
  for (const file of readdirSync('src', { recursive: true, encoding: 'utf8' })) {
    // A command loads its own code before it does anything.
    if (!file.endsWith('.ts') || file.startsWith(`cli${path.sep}`)) continue;
    const calls = readFileSync(path.join('src', file), 'utf8').matchAll(/(?<![.\w])require\('((?!node:)[^']+)'\)/g);
    const modules = [...new Set([...calls].map(([, module]) => module as string))].sort();
    if (modules.length > 0) found[file.replaceAll(path.sep, '/')] = modules;
  }
  t.deepEqual(found, { ...AT_INSTALLATION, ...ERROR_OF_THE_CALL, ...IN_THE_SAME_FILE });
});
