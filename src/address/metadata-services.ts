/**
 * The addresses at which clouds serve an instance's credentials and settings, IPv4 → IPv6. `src/policy/presets.ts` says
 * where each is documented. They are known whichever presets are on: a program's deny list has the IPv4 address, and a
 * name may resolve to the IPv6 address.
 */
export const METADATA_SERVICES = {
  aws: {
    '169.254.169.254': 'fd00:ec2::254',
    '169.254.169.253': 'fd00:ec2::253',
    '169.254.169.123': 'fd00:ec2::123',
    // 169.254.170.2, the credentials endpoint of ECS, has no documented IPv6 equivalent.
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

/** The IPv4 address of the metadata service at an IPv6 address in canonical form. */
export function metadataServiceOf(ipv6: string): string | undefined {
  return IPV4_OF.get(ipv6);
}
