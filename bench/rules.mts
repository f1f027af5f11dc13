// What the rules of a policy cost: the lookup with 10 and with 1,000 of them, and the search for the policy file.
//   npm run build && node build/bench/rules.mjs      exits with 1 where 1,000 rules cost more than twice what 10 do
import { Bench } from 'tinybench';
import { compilePolicy } from '../src/policy/compile.js';
import { findPolicyFile } from '../src/policy/find-file.js';
import type { PolicyRule } from '../src/policy/input.generated.js';
import type { Destination } from '../src/policy/types.js';
import { inRepository } from '../test/support/paths.js';

/** `count` networks of 2^`bits` addresses, spread over 10.0.0.0/8, some with a port; and as many host names. */
function policyWith(count: number) {
  const rules: PolicyRule[] = [];
  for (let i = 0; i < count; i++) {
    const network = `10.${(i >> 2) & 255}.${(i & 3) << 6}.0/24`;
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
    const rule = Math.floor(random() * count);
    const inside = 0x0a000000 + (((rule >> 2) & 255) << 16) + ((rule & 3) << 14) + Math.floor(random() * 256);
    list.push({ ipv4: i % 2 ? inside : 0xc0000000 + i, port: i % 5 ? 443 : 80, protocol: 'tcp' });
  }
  return list;
}

const bench = new Bench({ time: 500, warmupTime: 200 });
for (const count of [10, 1000]) {
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
for (const kind of ['address', 'host name']) {
  const few = nanoseconds(`${kind}, 10 rules`, 100);
  const many = nanoseconds(`${kind}, 1000 rules`, 100);
  const ratio = many / few;
  console.log(`${kind}: 10 rules ${few.toFixed(0)} ns, 1,000 rules ${many.toFixed(0)} ns, ratio ${ratio.toFixed(2)}`);
  if (ratio > 2) process.exitCode = 1;
}
console.log(`search for the policy file: ${(nanoseconds('search for the policy file', 1) / 1000).toFixed(0)} µs`);
const started = performance.now();
policyWith(1000);
console.log(`reading and checking 2,000 rules: ${(performance.now() - started).toFixed(1)} ms`);
