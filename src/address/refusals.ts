import { V6OnlyError } from '../report/errors';
import { ipv6ScopeOf } from './ipv6-scope';

/** Why an IPv4 address is refused. Each of these errors becomes the `cause` of the error that the program sees. */

/** @param destination an IPv4 address, or a name */
export const refusedByPolicy = (destination: string, rule: string) =>
  new V6OnlyError(
    'V6ONLY_REFUSED_BY_POLICY',
    `${destination} is refused by ${rule} of the policy`,
    'Change the rule to let it through',
  );

export const noPrefix = (ipv4: string) =>
  new V6OnlyError(
    'V6ONLY_NO_PREFIX',
    `there is no IPv4 route to ${ipv4}, and no NAT64 prefix was found for this network`,
    'If the network has a NAT64, set its prefix with V6ONLY_NAT64=64:ff9b::/96 or with "nat64" in the policy',
  );

export const prefixNotKnown = (ipv4: string) =>
  new V6OnlyError(
    'V6ONLY_NO_PREFIX',
    `there is no IPv4 route to ${ipv4}, the NAT64 prefix of this network is not known yet, and connectSync() cannot wait for it`,
    'Use connect(), which waits; or connect again later; or set the prefix with V6ONLY_NAT64 or with "nat64" in the policy',
  );

export const neverTranslated = (ipv4: string, name: string, rfc: string) =>
  new V6OnlyError(
    'V6ONLY_NOT_TRANSLATABLE',
    `${ipv4} (${name}, ${rfc}) has no meaning beyond this host or link, so no NAT64 can reach it`,
    'If the service also has an IPv6 address, name it in a policy rule',
  );

export const notUnderWellKnown = (ipv4: string, name: string, rfc: string) =>
  new V6OnlyError(
    'V6ONLY_NOT_TRANSLATABLE',
    `${ipv4} (${name}, ${rfc}) is not global, and 64:ff9b::/96 must not carry such addresses (RFC 6052 §3.1)`,
    'Use a network-specific NAT64 prefix, or a policy rule that sends it to an IPv6 address',
  );

export const notInPool = (ipv4: string) =>
  new V6OnlyError(
    'V6ONLY_NOT_TRANSLATABLE',
    `${ipv4} is in the synthetic pool, but currently stands for no IPv6 address`,
    'Look the name up again, or choose another "pool" in the policy',
  );

/** @param networks of the synthetic pool */
export const noSyntheticAddress = (ipv6: string, networks: readonly string[]) =>
  ipv6ScopeOf(ipv6) === 'none'
    ? new V6OnlyError(
        'V6ONLY_NOT_TRANSLATABLE',
        `${ipv6} is valid on this host or link only, so no IPv4 address may stand for it`,
        'Look the name up as IPv6',
      )
    : new V6OnlyError(
        'V6ONLY_POOL_FULL',
        `no IPv4 address is free to stand for ${ipv6}: all of the synthetic pool ${networks.join(', ')} is in use, or has an ` +
          'IPv4 route of its own',
        'Set "pool" in the policy to larger networks that nobody uses: one for public, one for private addresses',
      );

export const notShown = (ipv4: string) =>
  new V6OnlyError(
    'V6ONLY_NOT_TRANSLATABLE',
    `${ipv4} is a host address (RFC 7335), which leads to this host only after the program has read its own addresses`,
    'Call os.networkInterfaces() first, or connect to localhost',
  );

export const noSuchAddress = (ipv4: string) =>
  new V6OnlyError(
    'V6ONLY_NO_SUCH_ADDRESS',
    `${ipv4} is not an address of this host`,
    'Bind to 0.0.0.0, or to an address of os.networkInterfaces()',
  );
