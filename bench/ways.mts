// The ways of an IPv4 program across one NAT64, in the lab: the hook, the address written out by hand, a CLAT (TAYGA), tnat64, and
// native IPv4 and IPv6 without a NAT64. As root, with the lab's packages.   node build/bench/ways.mjs
import { down, isWhole, up } from '../test/lab/actions.js';
import { COLUMNS, compare } from '../test/lab/compare.js';
import { checkPackages } from '../test/lab/packages.js';
import { labOf } from '../test/lab/settings.js';
import { record } from './on-host.mjs';

try {
  if (process.getuid?.() !== 0) throw new Error('it takes root');
  checkPackages();
} catch (error) {
  console.log(`left out: ${(error as Error).message}`);
  process.exit(0);
}
const lab = labOf();
const wasUp = isWhole(lab);
await up(lab);
try {
  const measured = [...compare(lab)];
  for (const [column, figure] of Object.entries(COLUMNS)) {
    const series = measured.map(([name, rounds]) => [name, rounds.flatMap((round) => figure(round) ?? [])] as const);
    const unit = column.split(' ').at(-1) ?? '';
    record(
      `Through one NAT64, ${column}`,
      unit,
      series.filter(([, values]) => values.length > 0),
    );
  }
} finally {
  if (!wasUp) await down(lab);
}
