import type { TranslatorPolicy } from './translator-policy';

/**
 * The addresses at which clouds serve an instance's credentials and settings, IPv4 → IPv6. `src/policy/presets.ts` says
 * where each is documented. They are known whatever the presets: a deny list has the IPv4 one, and a name may lead to the
 * IPv6 one.
 */
export const METADATA_SERVICES = {
  aws: {
    '169.254.169.254': 'fd00:ec2::254',
    '169.254.169.253': 'fd00:ec2::253',
    '169.254.169.123': 'fd00:ec2::123',
    // 169.254.170.2, the credentials endpoint of ECS, has no documented IPv6 twin.
    '169.254.170.23': 'fd00:ec2::23',
  },
  gcp: { '169.254.169.254': 'fd20:ce::254' },
  oci: { '169.254.169.254': 'fd00:c1::a9fe:a9fe' },
  scaleway: { '169.254.42.42': 'fd00:42::42' },
} as const;

const IPV4_OF: ReadonlyMap<string, string> = new Map(
  Object.values(METADATA_SERVICES)
    .flatMap((twins) => Object.entries(twins))
    .map(([ipv4, ipv6]) => [ipv6, ipv4]),
);

/**
 * The IPv4 address that an IPv6 address (in its canonical form) is known by: a metadata service's, or the one that a rule sends
 * there. Never an address of this host alone.
 */
export function twinOf({ twins }: Pick<TranslatorPolicy, 'twins'>, ipv6: string): string | undefined {
  const ipv4 = twins.get(ipv6) ?? IPV4_OF.get(ipv6);
  return ipv4 === undefined || /^(?:0|127)\./.test(ipv4) ? undefined : ipv4;
}
