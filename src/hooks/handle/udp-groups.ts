import { isIPv4 } from 'node:net';
import { ipv4ToInteger } from '../../address/ipv4';
import { specialPurposeOf } from '../../address/special-purpose';
import type { HookContext } from '../context';
import { errnoOf } from './errno';
import type { Errno, UdpHandle } from './internals';

/** What of a UDP facade's state multicast and broadcast need. */
export interface GroupState {
  broadcast: boolean;
  /** The interface of outgoing multicast, where the program chose one. */
  multicastInterface?: string | undefined;
}

const BROADCAST = '255.255.255.255';

/** Multicast and broadcast of a UDP facade: IPv4 group → IPv6 group, IPv4 interface address → interface. */
export class UdpGroups {
  readonly #context: HookContext;
  readonly #real: UdpHandle;

  constructor(context: HookContext, real: UdpHandle) {
    this.#context = context;
    this.#real = real;
  }

  /**
   * Gives a facade its own multicast methods; the checks that the kernel makes for AF_INET are made here.
   * @param carrier the handle that has the kernel socket
   */
  adopt(handle: UdpHandle, state: GroupState, carrier: UdpHandle): void {
    const real = this.#real;
    const member = (method: 'addMembership' | 'dropMembership') => (group: string, interfaceAddress?: string) => {
      const scope = this.#scope(interfaceAddress);
      if (typeof scope === 'number') return scope;
      if (!isMulticast(group)) return errnoOf('EINVAL');
      return Reflect.apply(real[method], carrier, [this.#context.translator.group(group), scope]);
    };
    const sourceMember =
      (method: 'addSourceSpecificMembership' | 'dropSourceSpecificMembership') =>
      (source: string, group: string, interfaceAddress?: string) => {
        const scope = this.#scope(interfaceAddress);
        if (typeof scope === 'number') return scope;
        if (!isMulticast(group) || !isIPv4(source)) return errnoOf('EINVAL');
        const from = this.#context.translator.destination(source);
        if (from.kind !== 'translate' && from.kind !== 'direct') return errnoOf('EADDRNOTAVAIL');
        return Reflect.apply(real[method], carrier, [from.address, this.#context.translator.group(group), scope]);
      };
    handle.addMembership = member('addMembership');
    handle.dropMembership = member('dropMembership');
    handle.addSourceSpecificMembership = sourceMember('addSourceSpecificMembership');
    handle.dropSourceSpecificMembership = sourceMember('dropSourceSpecificMembership');
    handle.setMulticastInterface = (interfaceAddress) => {
      if (!isIPv4(interfaceAddress)) return errnoOf('EINVAL');
      if (interfaceAddress === '0.0.0.0') {
        state.multicastInterface = undefined;
        return real.setMulticastInterface.call(carrier, '::');
      }
      const scope = this.#scope(interfaceAddress);
      // What setsockopt(IP_MULTICAST_IF) says to an address that is nobody's here.
      if (typeof scope === 'number') return errnoOf('EADDRNOTAVAIL');
      state.multicastInterface = scope?.slice(3);
      return real.setMulticastInterface.call(carrier, scope ?? '::');
    };
    handle.setBroadcast = (on) => {
      state.broadcast = on !== 0;
      return real.setBroadcast.call(carrier, on);
    };
  }

  /** Where a datagram to an IPv4 group or the broadcast address goes: an IPv6 group with its zone, or an error. */
  destination(state: GroupState, ipv4: string, group: string): string | Errno {
    if (ipv4 === BROADCAST && !state.broadcast) return errnoOf('EACCES');
    return this.#zoned(group, state.multicastInterface);
  }

  /** A link-local group needs a zone to be bound to. */
  bindAddress(group: string): string {
    return this.#zoned(group, undefined);
  }

  #zoned(group: string, chosen: string | undefined): string {
    if (!group.startsWith('ff02') && !group.startsWith('ff12')) return group;
    const zone = chosen ?? this.#context.translator.hosts.defaultInterface;
    return zone === undefined ? group : `${group}%${zone}`;
  }

  /** `::%eth0` for the IPv4 address of an interface: libuv reads the zone alone. */
  #scope(interfaceAddress: string | undefined): string | undefined | Errno {
    const { hosts } = this.#context.translator;
    if (interfaceAddress === undefined || interfaceAddress === '' || interfaceAddress === '0.0.0.0') {
      const zone = hosts.defaultInterface;
      return zone === undefined ? undefined : `::%${zone}`;
    }
    if (!isIPv4(interfaceAddress)) return errnoOf('EINVAL');
    if (interfaceAddress.startsWith('127.')) return `::%${loopbackInterface()}`;
    const name = hosts.interfaceOf(interfaceAddress);
    return name === undefined ? errnoOf('ENODEV') : `::%${name}`;
  }
}

function loopbackInterface(): string {
  return process.platform === 'linux' ? 'lo' : process.platform === 'win32' ? '1' : 'lo0';
}

function isMulticast(address: string): boolean {
  return isIPv4(address) && specialPurposeOf(ipv4ToInteger(address))?.kind === 'multicast';
}
