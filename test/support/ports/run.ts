import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type HostOptions, type Kind, runOnHost } from '../host.js';
import { inRepository } from '../paths.js';
import { type Arrangement, ENDPOINTS, TARGETS, titleOf } from './arrangements.js';
import type { Outcome } from './judge.js';

const program = (name: string): string => inRepository(`test/support/ports/${name}.cjs`);

/** What is tried; in a cluster, by a policy of node:cluster, or in one process. */
export interface Trial {
  readonly protocol: 'tcp' | 'udp';
  readonly arrangements: readonly Arrangement[];
  readonly cluster?: 'rr' | 'none' | undefined;
}

/**
 * Tries arrangements on a host and resolves to who heard whom, by title.
 */
export async function tryPorts(
  kind: Kind,
  { protocol, arrangements, cluster }: Trial,
  options: HostOptions = {},
): Promise<{ results: Record<string, Outcome>; stderr: string }> {
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
    return { results: JSON.parse(stdout) as Record<string, Outcome>, stderr };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
