import dns from 'node:dns';
import type { Target } from './target';

/** The hosts of a service: `mongodb+srv://example.org` names those of its SRV records (RFC 2782). Else the target itself. */
export async function serviceHosts(target: Target): Promise<Target[]> {
  if (target.kind !== 'name' || target.service === undefined) return [target];
  try {
    const records = await dns.promises.resolveSrv(target.service);
    return records.map(({ name, port }) => ({ kind: 'name', text: `${name}:${port}`, host: name, port }));
  } catch (error) {
    return [{ ...target, unknown: `its SRV records are not known: ${(error as Error).message}` }];
  }
}
