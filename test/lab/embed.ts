// RFC 6052 §2.2 written a second time, in text, so that the lab judges the product's arithmetic and does not share it.

/** The RFC 5952 text of an IPv6 address. */
function canonical6(address: string): string {
  return new URL(`http://[${address}]/`).hostname.slice(1, -1);
}

/** The IPv4-embedded IPv6 address of `ipv4` under `prefix` ('…::/len'), as RFC 5952 text. */
export function embed(prefix: string, ipv4: string): string {
  const [network = '', length] = prefix.split('/');
  const groups = expand(network);
  const prefixHex = groups.join('').slice(0, Number(length) / 4);
  const v4Hex = ipv4
    .split('.')
    .map((octet) => Number(octet).toString(16).padStart(2, '0'))
    .join('');
  let hex = prefixHex + v4Hex;
  // Octet 8 (bits 64 to 71) is the u octet, zero, and no part of the IPv4 address. A /96 prefix contains it already.
  if (Number(length) < 96) hex = `${hex.slice(0, 16).padEnd(16, '0')}00${hex.slice(16)}`;
  return canonical6(hex.padEnd(32, '0').replace(/.{4}(?!$)/g, '$&:'));
}

function expand(address: string): string[] {
  const [head = '', tail = ''] = address.split('::');
  const left = head ? head.split(':') : [];
  const right = tail ? tail.split(':') : [];
  const middle = Array(8 - left.length - right.length).fill('0');
  return [...left, ...middle, ...right].map((group) => group.padStart(4, '0'));
}
