import os from 'node:os';
import { monotonicMs } from '../../address/clock';
import { DECISION_LIFETIME_MS, type Kernel } from '../../address/decision';
import { errnoOf } from './errno';
import type { UdpHandle, UdpHandleClass } from './internals';

/** Where UDP's connect sends nothing, any port will do; this is `discard`. */
const PORT = 9;

interface RealUdp {
  readonly connect: UdpHandle['connect'];
  readonly connect6: UdpHandle['connect6'];
  readonly bind6: UdpHandle['bind6'];
  readonly close: UdpHandle['close'];
}

/**
 * Asks the kernel: the routing table by a `connect` of a throw-away UDP handle, which sends nothing (about 10 µs), its
 * addresses by a `bind`. Both by IPv4-mapped addresses, so that no AF_INET socket is made.
 */
export class HostKernel implements Kernel {
  readonly #Udp: UdpHandleClass;
  readonly #real: RealUdp;
  readonly #networkInterfaces: typeof os.networkInterfaces;
  #ipv4: { answer: boolean; untilMs: number } | undefined;

  /** `Udp` and `os` as they are before anything is patched. */
  constructor(Udp: UdpHandleClass) {
    const { connect, connect6, bind6, close } = Udp.prototype;
    this.#Udp = Udp;
    this.#real = { connect, connect6, bind6, close };
    this.#networkInterfaces = os.networkInterfaces;
  }

  hasRoute(ipv4: string): boolean {
    return this.#probe((handle) => {
      // Windows keeps AF_INET6 sockets to IPv6 by default: ask there by an IPv4 socket.
      if (process.platform === 'win32') return this.#real.connect.call(handle, ipv4, PORT) === 0;
      const status = this.#real.connect6.call(handle, `::ffff:${ipv4}`, PORT);
      // Without IPv6 in the kernel there is nothing to translate to: leave all as it is.
      return status === 0 || status === errnoOf('EAFNOSUPPORT');
    });
  }

  hasAddress(ipv4: string): boolean {
    return this.#probe((handle) => {
      const status = this.#real.bind6.call(handle, `::ffff:${ipv4}`, 0, 0);
      return status === 0 || status === errnoOf('EAFNOSUPPORT');
    });
  }

  hasIPv4(): boolean {
    const now = monotonicMs();
    if (this.#ipv4 === undefined || this.#ipv4.untilMs <= now) {
      const all = Object.values(this.#networkInterfaces()).flat();
      const answer = all.some((a) => a !== undefined && a.family === 'IPv4' && !a.internal);
      this.#ipv4 = { answer: answer || !all.some((a) => a?.family === 'IPv6'), untilMs: now + DECISION_LIFETIME_MS };
    }
    return this.#ipv4.answer;
  }

  interfaces(): { interfaceName: string; address: string; internal: boolean }[] {
    const list: { interfaceName: string; address: string; internal: boolean }[] = [];
    for (const [interfaceName, addresses] of Object.entries(this.#networkInterfaces())) {
      for (const { family, address, internal } of addresses ?? []) {
        if (family === 'IPv6') list.push({ interfaceName, address, internal });
      }
    }
    return list;
  }

  #probe(ask: (handle: UdpHandle) => boolean): boolean {
    const handle = new this.#Udp();
    try {
      return ask(handle);
    } catch {
      // --permission denied the network: let the program's own call meet the same denial.
      return true;
    } finally {
      this.#real.close.call(handle);
    }
  }
}
