// Makes the files of the repository that are generated from src/: those of the policy, and the lists in docs/.
// With --check it writes nothing, and exits with 1 where one of them is not current: npm run check:generated
import { readFileSync, writeFileSync } from 'node:fs';
import { generate as docs } from './docs.mjs';
import { at } from './generated.mjs';
import { generate as policy } from './policy.mjs';

const check = process.argv.includes('--check');
for (const [file, text] of [...policy(), ...docs()]) {
  if (readFileSync(at(file), 'utf8') === text) continue;
  if (check) {
    console.error(`${file} is not current: run npm run build`);
    process.exitCode = 1;
  } else writeFileSync(at(file), text);
}
