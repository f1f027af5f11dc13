// Which files of a checkout of Node's own test/ directory are run, what each asks for, and which module each belongs to.
import fs from 'node:fs';
import path from 'node:path';

const SUITES = ['parallel', 'sequential'];

// The first that matches a file's name gives its module. Everything else that names a network builtin is `other`.
const MODULES: readonly (readonly [module: string, pattern: RegExp])[] = [
  ['http2', /^test-(http2|diagnostics-channel-http2)/],
  ['https', /^test-https/],
  ['http', /^test-(http|fetch|diagnostics-channel-http|client-request|set-http|whatwg-websocket|websocket)/],
  ['tls', /^test-tls/],
  ['net', /^test-(net|tcp|socket|listen|blocklist|diagnostics-channel-net|autoselectfamily|handle-wrap|pipe)/],
  ['dgram', /^test-(dgram|udp|diagnostics-channel-udp)/],
  ['dns', /^test-(dns|c-ares)/],
  ['cluster', /^test-cluster/],
  ['child-process', /^test-child-process/],
  ['worker', /^test-worker/],
  ['inspector', /^test-(inspector|debugger)/],
];

export const MODULE_ORDER: readonly string[] = [...MODULES.map(([name]) => name), 'other'];
const NAMES_NETWORK = /require\(['"](?:node:)?(?:net|dgram|dns|dns\/promises|http|https|http2|tls|cluster)['"]\)/;

/** One test of the suite. */
export interface NodeTest {
  /** suite/name. */
  readonly id: string;
  readonly file: string;
  readonly module: string;
  readonly flags: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Whether Node's own status files leave it out. */
  readonly skipped: boolean;
}

function moduleOf(file: string, source: string): string | undefined {
  const name = path.basename(file);
  const found = MODULES.find(([, pattern]) => pattern.test(name));
  if (found) return found[0];
  return NAMES_NETWORK.test(source) ? 'other' : undefined;
}

// `// Flags: --a --b` and `// Env: K=V`, as Node's own runner reads them: of the whole file, the first of each.
function metadataOf(source: string): Pick<NodeTest, 'flags' | 'env'> {
  const words = (key: string) => new RegExp(`//\\s+${key}:(.*)`).exec(source)?.[1]?.trim().split(/\s+/) ?? [];
  return {
    flags: words('Flags').filter((flag) => flag.startsWith('--')),
    env: Object.fromEntries(
      words('Env')
        .filter((pair) => pair.includes('='))
        .map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
    ),
  };
}

// A .status file lists, in sections with a condition such as `[$system==linux && $arch==x64]`, tests not to be judged.
function skippedByStatus(text: string, facts: Readonly<Record<string, string>>): ReadonlySet<string> {
  const isTrue = (term: string) => {
    const [, key, value] = /^\$(\w+)==(\S+)$/.exec(term) ?? [];
    return term === 'true' || (key !== undefined && facts[key] === value);
  };
  const holds = (condition: string) =>
    condition.split('||').some((any) => any.split('&&').every((term) => isTrue(term.trim())));
  const skipped = new Set<string>();
  let active = false;
  for (const line of text.split('\n').map((l) => l.replace(/#.*/, '').trim())) {
    const section = /^\[(.*)\]$/.exec(line);
    if (section) active = holds(section[1]);
    const entry = /^([\w*-]+)\s*:\s*(.*)$/.exec(line);
    if (active && entry && /\bSKIP\b/.test(entry[2])) skipped.add(entry[1]);
  }
  return skipped;
}

/** Every selected test, sorted. */
export function selectTests(
  directory: string,
  { only, modules }: { only?: RegExp | undefined; modules?: readonly string[] | undefined } = {},
): NodeTest[] {
  const facts = { system: process.platform === 'darwin' ? 'macos' : process.platform, arch: process.arch };
  const tests: NodeTest[] = [];
  for (const suite of SUITES) {
    const folder = path.join(directory, suite);
    if (!fs.existsSync(folder)) continue;
    const statusFile = path.join(folder, `${suite}.status`);
    const skipped = fs.existsSync(statusFile)
      ? skippedByStatus(fs.readFileSync(statusFile, 'utf8'), facts)
      : new Set<string>();
    for (const name of fs.readdirSync(folder).filter((f) => /^test-.*\.m?js$/.test(f))) {
      const id = `${suite}/${name.replace(/\.m?js$/, '')}`;
      if (only && !only.test(id)) continue;
      const file = path.join(folder, name);
      const source = fs.readFileSync(file, 'utf8');
      const module = moduleOf(file, source);
      if (!module || (modules && !modules.includes(module))) continue;
      tests.push({
        id,
        file,
        module,
        ...metadataOf(source),
        skipped: skipped.has(path.basename(id)),
      });
    }
  }
  const order = (t: NodeTest) => MODULE_ORDER.indexOf(t.module);
  return tests.sort((a, b) => order(a) - order(b) || (a.id < b.id ? -1 : 1));
}
