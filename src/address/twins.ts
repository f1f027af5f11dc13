import { ipv4ToInteger } from './ipv4';
import { type IPv6Scope, ipv6ScopeOf } from './ipv6-scope';
import type { Kernel } from './kernel';
import { metadataServiceOf } from './metadata-services';
import type { Pool } from './pool';
import { ipv4ScopeOf } from './special-purpose';
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
    return ipv4 === undefined ? metadataServiceOf(ipv6) : this.#unlessOther(ipv4);
  }

  /**
   * The same for an address of a DNS answer. A stranger chooses what his names lead to, so an address of the Internet
   * never stands for a private one: it would pass a filter that denies the real target.
   */
  ofAnswer(ipv6: string): string | undefined {
    const ipv4 = this.#twins.get(ipv6);
    const isWider = ipv4 !== undefined && REACH[ipv4ScopeOf(ipv4ToInteger(ipv4))] > REACH[ipv6ScopeOf(ipv6)];
    return isWider ? metadataServiceOf(ipv6) : this.of(ipv6);
  }

  #unlessOther(ipv4: string): string | undefined {
    const isOwn = () => this.#kernel.ipv4Interfaces().some(({ address }) => address === ipv4);
    return this.#pool.contains(ipv4ToInteger(ipv4)) || isOwn() ? undefined : ipv4;
  }
}

const REACH: Readonly<Record<IPv6Scope, number>> = { none: 0, private: 1, unchecked: 1, global: 2 };
