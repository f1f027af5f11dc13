import net from 'node:net';
import { canonicalIPv6, isGroupOfLink } from '../../address/ipv6';
import { BROADCAST } from '../../address/multicast';
import { isMulticast } from '../../address/special-purpose';
import type { HookContext } from '../context';
import { errnoOf } from '../handle/errno';
import type { RealUdp } from '../handle/real-methods';
import type { Errno, UdpHandle } from '../node-internals';
import { reachOf } from '../ports/peers';
import type { UdpPorts } from '../ports/udp-ports';
import { noteAsked } from './peers';
import type { Seconds } from './second-sockets';
import type { UdpState } from './state';

const { isIPv4, isIPv6 } = net;

/** The methods of a handle that concern groups. */
export const GROUP_METHODS = [
  'addMembership',
  'dropMembership',
  'addSourceSpecificMembership',
  'dropSourceSpecificMembership',
  'setMulticastInterface',
] as const;
export type GroupMethod = (typeof GROUP_METHODS)[number];
type MemberMethod = 'addMembership' | 'dropMembership';
type SourceMethod = 'addSourceSpecificMembership' | 'dropSourceSpecificMembership';

/**
 * Multicast and broadcast of a udp4 socket: over IPv4 on an interface that has IPv4, otherwise to the equivalent IPv6
 * group. An IPv4 interface address then selects the interface that has it.
 */
export class UdpGroups {
  readonly #context: HookContext;
  readonly #real: RealUdp;
  readonly #seconds: Seconds;
  readonly #ports: UdpPorts;

  constructor(context: HookContext, real: RealUdp, seconds: Seconds, ports: UdpPorts) {
    this.#ports = ports;
    this.#context = context;
    this.#real = real;
    this.#seconds = seconds;
  }

  /** Makes a call of the program. */
  call(state: UdpState, method: GroupMethod, args: readonly string[]): Errno {
    const [first, second, third] = args as [string, string, string?];
    if (method === 'setMulticastInterface') return this.#setInterface(state, first);
    if (method === 'addMembership' || method === 'dropMembership')
      return this.#groupMember(state, method, first, second);
    return this.#sourceMember(state, method, first, second, third);
  }

  #groupMember(state: UdpState, method: MemberMethod, group: string, interfaceAddress?: string): Errno {
    const joins = method === 'addMembership';
    const asked = { group, interfaceAddress, source: undefined, joins };
    return this.#member(state, asked, (half, family) => {
      if (family === 4) return this.#real[method].call(half, group, interfaceAddress);
      const scope = this.#scope(interfaceAddress);
      if (typeof scope === 'number') return scope;
      return this.#real[method].call(half, this.#context.translator.group(group), scope);
    });
  }

  #sourceMember(
    state: UdpState,
    method: SourceMethod,
    source: string,
    group: string,
    interfaceAddress?: string,
  ): Errno {
    const asked = { group, interfaceAddress, source, joins: method === 'addSourceSpecificMembership' };
    return this.#member(state, asked, (half, family) => {
      if (family === 4) return this.#real[method].call(half, source, group, interfaceAddress);
      const scope = this.#scope(interfaceAddress);
      if (typeof scope === 'number') return scope;
      const from = this.#context.translator.destination(source);
      if (from.kind !== 'translate') return errnoOf('EADDRNOTAVAIL');
      noteAsked(state, canonicalIPv6(from.address));
      return this.#real[method].call(half, from.address, this.#context.translator.group(group), scope);
    });
  }

  #setInterface(state: UdpState, interfaceAddress: string): Errno {
    const { setMulticastInterface } = this.#real;
    const any = interfaceAddress === '0.0.0.0';
    if (state.family === 4 && !this.#standsForIPv6(interfaceAddress)) {
      const status = setMulticastInterface.call(state.handle, interfaceAddress);
      if (status !== 0) return status;
      state.multicastFamily = any ? undefined : 4;
      if (any && state.second) setMulticastInterface.call(state.second, '::');
      if (any) state.multicastZone = undefined;
      state.multicastInterface = interfaceAddress;
      return 0;
    }
    if (!isIPv4(interfaceAddress)) return errnoOf(isIPv6(interfaceAddress) ? 'ENOPROTOOPT' : 'EINVAL');
    const scope = any ? undefined : this.#scope(interfaceAddress);
    // The error of setsockopt(IP_MULTICAST_IF) for an address that no interface has.
    if (typeof scope === 'number') return errnoOf('EADDRNOTAVAIL');
    const half = this.#seconds.of(state, 6);
    if (typeof half === 'number') return half;
    state.multicastFamily = any || state.family === 6 ? undefined : 6;
    state.multicastZone = scope?.slice(3);
    state.multicastInterface = interfaceAddress;
    return setMulticastInterface.call(half, scope ?? '::');
  }

  /** Gives `state` the interface and the memberships of `from`. */
  repeat(from: UdpState, state: UdpState): void {
    if (from.multicastInterface !== undefined) this.#setInterface(state, from.multicastInterface);
    for (const { source, group, interfaceAddress } of from.memberships?.values() ?? []) {
      const by = interfaceAddress ?? undefined;
      if (source === undefined) this.#groupMember(state, 'addMembership', group, by);
      else this.#sourceMember(state, 'addSourceSpecificMembership', source, group, by);
    }
  }

  /** The IPv6 group with its zone for a datagram to an IPv4 group or the broadcast address. Or an error. */
  destination(state: UdpState, ipv4: string): string | Errno {
    if (ipv4 === BROADCAST && !state.options?.get('setBroadcast')) return errnoOf('EACCES');
    const { translator } = this.#context;
    const group = ipv4 === BROADCAST ? translator.destination(ipv4) : undefined;
    const ipv6 = group?.kind === 'translate' ? group.address : translator.group(ipv4);
    noteGroup(state, ipv6);
    return this.zoned(ipv6, state.multicastZone);
  }

  /** Binding to a link-local group needs a zone. */
  bindAddress(group: string): string {
    return this.zoned(group, undefined);
  }

  #member(state: UdpState, asked: Asked, call: (kernelSocket: UdpHandle, family: 4 | 6) => Errno): Errno {
    const { group, interfaceAddress, joins } = asked;
    const refusal = asOfIPv4(asked);
    if (refusal !== undefined) return state.family === 4 ? call(state.handle, 4) : errnoOf(refusal);
    const key = joins ? keyOf(asked) : joinedKeyOf(state, asked);
    const joined = joins ? undefined : state.memberships?.get(key)?.family;
    const family = joined ?? this.#familyOf(state, group, interfaceAddress);
    if (!joins && joined === undefined && family === 6) {
      const scope = asked.source === undefined ? undefined : this.#scope(interfaceAddress);
      if (typeof scope === 'number') return scope;
      return errnoOf(isJoined(state, asked) ? 'EADDRNOTAVAIL' : notJoined(asked));
    }
    const half = this.#seconds.of(state, family);
    if (typeof half === 'number') return half;
    const status = call(half, family);
    if (status !== 0) return status;
    state.memberships ??= new Map();
    if (joins && family === 6) this.#ports.joined(half, this.#context.translator.group(group));
    if (joins) state.memberships.set(key, { family, group, interfaceAddress, source: asked.source });
    else state.memberships.delete(key);
    if (family === 6) noteGroup(state, this.#context.translator.group(group));
    return 0;
  }

  /** The family over which to join a group: IPv4 if the interface has IPv4. */
  #familyOf(state: UdpState, group: string, interfaceAddress: string | null | undefined): 4 | 6 {
    if (state.family === 6) return 6;
    if (state.exact) return 4;
    if (!isAny(interfaceAddress)) return this.#standsForIPv6(interfaceAddress) ? 6 : 4;
    return this.#context.translator.destination(group, { protocol: 'udp' }).kind === 'direct' ? 4 : 6;
  }

  #standsForIPv6(address: string | undefined): boolean {
    return address !== undefined && isIPv4(address) && this.#interfaceOf(address) !== undefined;
  }

  /** A group of the link with its zone, `chosen` or that of the first interface. */
  zoned(group: string, chosen: string | undefined): string {
    if (!isGroupOfLink(group)) return group;
    const zone = chosen ?? this.#context.translator.hosts.defaultInterface;
    return zone === undefined ? group : `${group}%${zone}`;
  }

  /** `::%eth0` for the IPv4 address of an interface. libuv reads only the zone. */
  #scope(interfaceAddress: string | null | undefined): string | undefined | Errno {
    if (isAny(interfaceAddress)) {
      const zone = this.#context.translator.hosts.defaultInterface;
      return zone === undefined ? undefined : `::%${zone}`;
    }
    if (!isIPv4(interfaceAddress)) return errnoOf('EINVAL');
    if (interfaceAddress.startsWith('127.')) return `::%${loopbackInterface()}`;
    const name = this.#interfaceOf(interfaceAddress);
    return name === undefined ? errnoOf('ENODEV') : `::%${name}`;
  }

  /** The interface of the address that an IPv4 address of this host represents. */
  #interfaceOf(ipv4: string): string | undefined {
    const { kernel, translator } = this.#context;
    const decision = translator.local(ipv4, 'udp');
    if (decision.kind !== 'translate') return undefined;
    const ipv6 = canonicalIPv6(decision.address);
    return kernel.interfaces().find(({ address }) => canonicalIPv6(address) === ipv6)?.interfaceName;
  }
}

function noteGroup(state: UdpState, group: string): void {
  if (state.askedGroup !== 'site') state.askedGroup = reachOf(group);
}

/** A program's call that joins or leaves a group. */
interface Asked {
  readonly group: string;
  readonly interfaceAddress: string | null | undefined;
  readonly source: string | undefined;
  readonly joins: boolean;
}

/**
 * The error of libuv and the kernel on an AF_INET socket for an invalid group, source or interface. Undefined if all
 * are valid.
 */
function asOfIPv4({ group, interfaceAddress, source, joins }: Asked): string | undefined {
  const isGiven = interfaceAddress !== undefined && interfaceAddress !== null;
  if (isIPv6(group)) {
    const isWrong = (source !== undefined && !isIPv6(source)) || (isGiven && !isIPv6(interfaceAddress));
    return isWrong ? 'EINVAL' : 'ENOPROTOOPT';
  }
  if (!isIPv4(group) || (source !== undefined && !isIPv4(source))) return 'EINVAL';
  if (isGiven && (typeof interfaceAddress !== 'string' || !isIPv4(interfaceAddress))) return 'EINVAL';
  return isMulticast(group) ? undefined : joins ? 'EINVAL' : notJoined({ source });
}

function notJoined({ source }: Pick<Asked, 'source'>): string {
  return source === undefined ? 'EADDRNOTAVAIL' : 'EINVAL';
}

function keyOf({ group, interfaceAddress, source }: Asked): string {
  return `${source ?? ''}>${group}|${isAny(interfaceAddress) ? '' : interfaceAddress}`;
}

/** Whether the group was joined on the interface, for all sources or for others. */
function isJoined({ memberships }: UdpState, asked: Asked): boolean {
  const own = keyOf({ ...asked, source: undefined });
  return [...(memberships?.values() ?? [])].some((joined) => keyOf({ ...asked, ...joined, source: undefined }) === own);
}

/** A call that leaves a group without an interface leaves the first membership of the group. */
function joinedKeyOf({ memberships }: UdpState, asked: Asked): string {
  const key = keyOf(asked);
  if (!isAny(asked.interfaceAddress) || memberships?.has(key) === true) return key;
  return [...(memberships?.keys() ?? [])].find((other) => other.startsWith(key)) ?? key;
}

/** Node's handle accepts null and undefined for "no interface". */
function isAny(interfaceAddress: string | null | undefined): interfaceAddress is null | undefined | '0.0.0.0' {
  return interfaceAddress === undefined || interfaceAddress === null || interfaceAddress === '0.0.0.0';
}

function loopbackInterface(): string {
  return process.platform === 'linux' ? 'lo' : process.platform === 'win32' ? '1' : 'lo0';
}
