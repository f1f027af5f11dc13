// What is made from src/ is current, and what people read agrees with it.
import { readdirSync, readFileSync } from 'node:fs';
import test from 'ava';
import { generate } from '../../scripts/docs.mjs';
import { at } from '../../scripts/generated.mjs';
import { DEFINITIONS } from '../../src/cli/definition.js';
import { helpOf, helpOfAll } from '../../src/cli/help.js';

for (const [path, text] of generate()) {
  test(`${path} is what its source says (npm run build)`, (t) => {
    t.is(readFileSync(at(path), 'utf8'), text);
  });
}

for (const definition of DEFINITIONS) {
  test(`${definition.name} --help has every option and fits a terminal`, (t) => {
    const help = helpOf(definition);
    for (const flag of Object.keys(definition.flags)) t.true(help.includes(`  --${flag}`), flag);
    for (const line of help.split('\n')) t.true(line.length <= 80, line);
    t.true(helpOfAll().includes(`  ${definition.name} `));
  });
}

/** All TypeScript of src/. */
const sources = readdirSync(at('src'), { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
  .map(({ parentPath, name }) => readFileSync(`${parentPath}/${name}`, 'utf8'));

test('every code that is raised or warned of is in the type and in docs/api.md', (t) => {
  const used = new Set(
    sources.flatMap((text) =>
      [...text.matchAll(/(?:Error\(|usage\(|code ===|,)\s*'(V6ONLY_[A-Z_]+)'/g)].map(([, code]) => code),
    ),
  );
  const variables = ['V6ONLY_POLICY', 'V6ONLY_NAT64', 'V6ONLY_STRICT'];
  const typed = new Set(readFileSync(at('src/report/errors.ts'), 'utf8').match(/(?<=\| ')V6ONLY_[A-Z_]+/g));
  const reference = readFileSync(at('docs/api.md'), 'utf8');
  for (const code of used) if (!variables.includes(code)) t.true(typed.has(code), code);
  for (const code of typed) t.true(reference.includes(`\`${code}\``), `docs/api.md: ${code}`);
});
