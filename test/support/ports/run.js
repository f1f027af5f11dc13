import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { runOnHost } from '../host.js';
import { ENDPOINTS, TARGETS, titleOf } from './arrangements.js';

const program = (name) => fileURLToPath(new URL(`${name}.cjs`, import.meta.url));

/**
 * Tries arrangements on a host and resolves to who heard whom, by title.
 * @param settings `{ protocol, arrangements, cluster }`, cluster: undefined, 'rr' or 'none'
 * @param options of `runOnHost`
 */
export async function tryPorts(kind, { protocol, arrangements, cluster }, options = {}) {
  const scratch = mkdtempSync(path.join(tmpdir(), 'v6only-ports-'));
  try {
    const file = path.join(scratch, 'arrangements.json');
    const list = arrangements.map((arrangement) => ({ ...arrangement, title: titleOf(arrangement) }));
    const input = { protocol, endpoints: ENDPOINTS, targets: TARGETS, arrangements: list, firstPort: 3000 };
    writeFileSync(file, JSON.stringify(input));
    const env = { ...options.env, ...(cluster && { NODE_CLUSTER_SCHED_POLICY: cluster }) };
    const args = [program(cluster ? 'cluster' : 'one-process'), file];
    const { code, signal, stdout, stderr } = await runOnHost(kind, args, { timeoutMs: 110_000, ...options, env });
    if (code !== 0) throw new Error(`exit ${code ?? signal}\n${stderr}`);
    return { results: JSON.parse(stdout), stderr };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
