import { ipv4ToInteger } from './ipv4';
import type { Kernel } from './kernel';
import { metadataServiceOf } from './metadata-services';
import type { Pool } from './pool';
import type { TranslatorPolicy } from './translator-policy';

/** IPv6 address → the IPv4 address by which programs know it. */
export class Twins {
  readonly #twins: TranslatorPolicy['twins'];
  readonly #kernel: Kernel;
  readonly #pool: Pool;

  constructor(policy: Pick<TranslatorPolicy, 'twins'>, kernel: Kernel, pool: Pool) {
    this.#twins = policy.twins;
    this.#kernel = kernel;
    this.#pool = pool;
  }

  /**
   * The address that a rule sends to `ipv6`, or the metadata service's. Never an address of the pool or of this host: in
   * both cases it means another host here.
   */
  of(ipv6: string): string | undefined {
    const ipv4 = this.#twins.get(ipv6);
    if (ipv4 === undefined) return metadataServiceOf(ipv6);
    const isOwn = () => this.#kernel.ipv4Interfaces().some(({ address }) => address === ipv4);
    return this.#pool.contains(ipv4ToInteger(ipv4)) || isOwn() ? undefined : ipv4;
  }
}
