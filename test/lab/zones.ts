// The lab's DNS: the text of every zone that the authority on inet4 serves. Each name is there for one behaviour.
import { AUTHORITY4, FATES4, FATES6, HOSTS, ODD_AUTHORITY4 } from './settings.js';

const V4 = '1.2.3.4';
const V6 = HOSTS.inet6.v6;

/** TTLs of the main zone in seconds: of positive answers, and of negative ones (the SOA's minimum). */
export const TTL = { positive: 300, negative: 120, shortNegative: 7 };

const soa = (negative = TTL.negative): string =>
  `@ IN SOA ns.example.org. hostmaster.example.org. 1 3600 600 86400 ${negative}\n@ IN NS ns.example.org.\n`;
const zone = (origin: string, records: string, negative?: number): string =>
  `$ORIGIN ${origin}\n$TTL ${TTL.positive}\n${soa(negative)}${records.trim()}\n`;

/** A records enough for an answer above 1,232 bytes, so that it needs TCP; none is one of the gateway's FATES4. */
const bigAddresses = Array.from({ length: 100 }, (_, index) => `1.2.3.${index + 150}`);

const ADDRESSES = `
ns            IN A     ${AUTHORITY4}
v4            IN A     ${V4}
v4-two        IN A     ${V4}
v4-two        IN A     1.2.3.5
v6            IN AAAA  ${V6}
dual          IN A     ${V4}
dual          IN AAAA  ${V6}
; dual-stack names whose IPv6 is dead, in the ways it can be
dead6         IN A     ${V4}
dead6         IN AAAA  ${FATES6.unreachable}
dead6-silent  IN A     ${V4}
dead6-silent  IN AAAA  ${FATES6.blackhole}
dead6-closed  IN A     ${V4}
dead6-closed  IN AAAA  2001:db8:53::1
`;

const CHAINS = `
alias         IN CNAME v4
alias2        IN CNAME alias
alias6        IN CNAME v6
alias-dual    IN CNAME dual
alias-out     IN CNAME v4.example.net.
alias-nodata  IN CNAME nodata
dangling      IN CNAME nothere
loop          IN CNAME loop2
loop2         IN CNAME loop
branch        IN TXT   "the target of tree"
v4.branch     IN A     ${V4}
v6.branch     IN AAAA  ${V6}
dual.branch   IN A     ${V4}
dual.branch   IN AAAA  ${V6}
tree          IN DNAME branch
tree-out      IN DNAME example.net.
`;

const NEGATIVE_AND_TTL = `
nodata        IN TXT   "no address"
leaf.empty    IN A     ${V4}
*.wild        IN A     ${V4}
ttl0      0   IN A     ${V4}
ttl5      5   IN A     ${V4}
ttl60     60  IN A     ${V4}
ttl86400  86400 IN A   ${V4}
`;

const SPECIAL = `
private10     IN A     10.9.9.10
private172    IN A     172.16.9.10
private192    IN A     192.168.9.10
shared        IN A     100.64.9.10
linklocal     IN A     169.254.169.254
loopback      IN A     127.0.0.1
zero          IN A     0.0.0.0
testnet1      IN A     192.0.2.2
testnet2      IN A     198.51.100.10
testnet3      IN A     203.0.113.10
benchmark     IN A     198.18.0.10
as112         IN A     192.31.196.10
multicast     IN A     224.0.0.1
broadcast     IN A     255.255.255.255
reserved      IN A     240.0.0.1
wellknown     IN A     192.0.0.170
mixed         IN A     ${V4}
mixed         IN A     10.9.9.10
; AAAA records that a DNS64 has to exclude (RFC 6147 5.1.4), or that look synthesized
mapped        IN A     ${V4}
mapped        IN AAAA  ::ffff:1.2.3.4
mapped-only   IN AAAA  ::ffff:1.2.3.4
mapped-mixed  IN A     ${V4}
mapped-mixed  IN AAAA  ::ffff:1.2.3.4
mapped-mixed  IN AAAA  ${V6}
wkp           IN AAAA  64:ff9b::102:304
`;

const OTHERS = `
mx            IN MX    10 v4
srv           IN SRV   1 2 80 v4
text          IN TXT   "v6only" "lab"
svc           IN HTTPS 1 . alpn="h2" ipv4hint=${V4}
unreachable   IN A     ${FATES4.unreachable}
prohibit      IN A     ${FATES4.prohibit}
blackhole     IN A     ${FATES4.blackhole}
noroute       IN A     ${FATES4.noroute}
${bigAddresses.map((address) => `big           IN A     ${address}`).join('\n')}
${Array.from({ length: 12 }, (_, i) => `bigtxt        IN TXT   "${String(i).padStart(3, '0')}${'.'.repeat(240)}"`).join('\n')}
; delegations: odd answers, a zone whose only server does not exist, the signed ones
odd           IN NS    ns.odd
ns.odd        IN A     ${ODD_AUTHORITY4}
lame          IN NS    ns.lame
ns.lame       IN A     192.0.2.99
signed        IN NS    ns
bogus         IN NS    ns
`;

const SIGNED = `
v4            IN A     ${V4}
v6            IN AAAA  ${V6}
dual          IN A     ${V4}
dual          IN AAAA  ${V6}
alias         IN CNAME v4
nodata        IN TXT   "no address"
`;

/** Delegations of the made-up root. Zones below one of these are on the same server. */
const DELEGATED = ['example.org.', 'example.net.', 'ipv4only.arpa.', 'in-addr.arpa.', 'ip6.arpa.'];

const ROOT = DELEGATED.map((name) => `${name} IN NS ns.example.org.`).join('\n');

/** Zone name (without the last dot) → zone text. '.' is the made-up root. */
export function unsignedZones() {
  return {
    '.': zone('.', `${ROOT}\nns.example.org. IN A ${AUTHORITY4}`),
    'example.org': zone('example.org.', [ADDRESSES, CHAINS, NEGATIVE_AND_TTL, SPECIAL, OTHERS].join('')),
    // Here the negative TTL is below the A record's: RFC 6147 §5.1.7 takes the smaller.
    'example.net': zone(
      'example.net.',
      `v4 IN A ${V4}\nv6 IN AAAA ${V6}\ndual IN A ${V4}\ndual IN AAAA ${V6}`,
      TTL.shortNegative,
    ),
    'ipv4only.arpa': zone('ipv4only.arpa.', '@ IN A 192.0.0.170\n@ IN A 192.0.0.171'),
    'in-addr.arpa': zone(
      'in-addr.arpa.',
      `
4.3.2.1          IN PTR v4.example.org.
5.3.2.1          IN PTR v4-two.example.org.
10.113.0.203     IN PTR testnet3.example.org.
10.100.51.198    IN PTR testnet2.example.org.
2.2.0.192        IN PTR testnet1.example.org.
10.9.9.10        IN PTR private10.example.org.
10.9.168.192     IN PTR private192.example.org.
170.0.0.192      IN PTR ipv4only.arpa.
171.0.0.192      IN PTR ipv4only.arpa.`,
    ),
    'ip6.arpa': zone(
      'ip6.arpa.',
      `${nibbles(V6)} IN PTR v6.example.org.\n${nibbles('2001:db8:53::1')} IN PTR dns64.example.org.`,
    ),
  };
}

/** Zones to be signed. `bogus` is signed like the other; its validators are given a wrong anchor. */
export function zonesToSign() {
  return {
    'signed.example.org': zone('signed.example.org.', SIGNED),
    'bogus.example.org': zone('bogus.example.org.', SIGNED),
  };
}

function nibbles(address: string): string {
  const [head = '', tail = ''] = address.split('::');
  const left = head.split(':');
  const right = tail.split(':');
  const groups = [...left, ...Array(8 - left.length - right.length).fill('0'), ...right];
  return groups
    .map((group) => group.padStart(4, '0'))
    .join('')
    .split('')
    .reverse()
    .join('.');
}
