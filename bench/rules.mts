// What the rules of a policy cost, by their number: of a destination that is not in the translator's cache, and at start.
//   npm run build && node build/bench/rules.mjs
import { Bench } from 'tinybench';
import type { Destination } from '../src/address/destination.js';
import { compilePolicy } from '../src/policy/compile.js';
import { findPolicyFile } from '../src/policy/find-file.js';
import type { PolicyRule } from '../src/policy/input.generated.js';
import { inRepository } from '../test/support/paths.js';
import { table } from './median.mjs';

/** `count` networks of 2^`bits` addresses, spread over 10.0.0.0/8, some with a port; and as many host names. */
function policyWith(count: number) {
  const rules: PolicyRule[] = [];
  for (let i = 0; i < count / 2; i++) {
    const network = `10.${(i >> 3) & 255}.${(i & 7) << 5}.0/24`;
    const port = i % 3 === 0 ? { port: 443 } : {};
    rules.push({ match: network, to: 'refuse', ...port });
    rules.push({ match: i % 2 ? `*.s${i}.example.org` : `host${i}.example.org`, to: 'refuse' });
  }
  return compilePolicy({ rules });
}

/** Destinations of which half are matched by a rule. */
function destinations(count: number): Destination[] {
  const list: Destination[] = [];
  let seed = 1;
  const random = () => {
    seed = (seed * 1103515245 + 12345) & 0x7fffffff;
    return seed / 0x7fffffff;
  };
  for (let i = 0; i < 1024; i++) {
    const rule = Math.floor((random() * count) / 2);
    const inside = 0x0a000000 + (((rule >> 3) & 255) << 16) + ((rule & 7) << 13) + Math.floor(random() * 256);
    list.push({ ipv4: i % 2 ? inside : 0xc0000000 + i, port: i % 5 ? 443 : 80, protocol: 'tcp' });
  }
  return list;
}

const bench = new Bench({ time: 500, warmupTime: 200 });
const COUNTS = [10, 100, 1000, 4096];
for (const count of COUNTS) {
  const { matchRule = () => undefined } = policyWith(count);
  const asked = destinations(count);
  let next = 0;
  bench.add(`address, ${count} rules`, () => {
    for (let i = 0; i < 100; i++) matchRule(asked[next++ & 1023]);
  });
  const names = asked.map((_, i) => ({ host: `host${i % count}.example.org`, port: 443, protocol: 'tcp' }) as const);
  bench.add(`host name, ${count} rules`, () => {
    for (let i = 0; i < 100; i++) matchRule(names[next++ & 1023]);
  });
}
bench.add('search for the policy file', () => findPolicyFile(inRepository('bench/rules.mts'), () => undefined));
await bench.run();

function nanoseconds(name: string, per: number): number {
  const result = bench.getTask(name)?.result;
  if (result?.state !== 'completed') throw new Error(`${name} was not measured`);
  return (result.latency.p50 * 1e6) / per;
}
table(
  ['rules', 'address, ns', 'host name, ns', 'reading and checking, ms'],
  COUNTS.map((count) => {
    const started = performance.now();
    policyWith(count);
    const ms = performance.now() - started;
    const of = (kind: string) => nanoseconds(`${kind}, ${count} rules`, 100).toFixed(0);
    return [count, of('address'), of('host name'), ms.toFixed(1)];
  }),
);
console.log(`search for the policy file: ${(nanoseconds('search for the policy file', 1) / 1000).toFixed(0)} µs`);
