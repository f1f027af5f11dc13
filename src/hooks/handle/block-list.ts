/** A `net.BlockList`. */
interface BlockList {
  check(address: string, family: 'ipv4' | 'ipv6'): boolean;
}

/** Whether a `net.Socket` or `net.Server` has a block list. */
export function hasBlockList(owner: object | undefined): owner is { readonly blockList: BlockList } {
  return (
    owner !== undefined && Object.hasOwn(owner, 'blockList') && Boolean((owner as { blockList?: BlockList }).blockList)
  );
}

/**
 * Whether the block list of a socket or a server has the IPv6 address that the kernel gets, or gave, for an address that
 * reads as IPv4 to the program. Node judges the address that is shown.
 */
export function isBlocked(owner: object | undefined, kernelAddress: string): boolean {
  if (!hasBlockList(owner) || !kernelAddress.includes(':')) return false;
  const [address = ''] = kernelAddress.split('%');
  return owner.blockList.check(address, 'ipv6');
}
