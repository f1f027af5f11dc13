import { byRoute, type Translated } from '../../address/decision';
import { MAPPED, mappedIPv4 } from '../../address/mapped';
import { keep } from '../../kept-callbacks';
import type { HookContext } from '../context';
import { isBlockedFor } from '../handle/block-lists';
import { onClose } from '../handle/on-close';
import type { View } from '../handle/view';
import type { ConnectRequest, Errno, OnComplete, TcpHandle } from '../node-internals';
import { unlessClosed } from './connect-later';
import { type Facade, facade, type TcpFacades } from './facade';
import { FailedLately } from './failed-lately';
import { isNative, NativeNames } from './native-names';
import type { Way, WaysRequest } from './way';
import { WaysConnect } from './ways';

type FacadeFor = (decision: Translated, view: View, peer: string) => Facade;

/** RFC 8305 §5: the connection attempt delay between equivalent addresses. */
const PREFIX_DELAY_MS = 250;
/** How long only the CLAT, or only the native address of a name, is tried. */
const FIRST_ALONE_MS = 1000;

/** A connect over IPv4 that the program waits for. `inner` completes it. */
export interface UnderWay {
  readonly handle: TcpHandle;
  readonly req: ConnectRequest;
  readonly inner: OnComplete | undefined;
}

/** The ways to a destination, and the addresses that the program sees. */
export interface ByWays extends Pick<WaysRequest, 'ways' | 'more' | 'delayMs' | 'onAnswer'> {
  readonly view?: View;
  readonly local?: string;
  /** The IPv4 address to which a translated way leads. Undefined: the one that the program asked for. */
  readonly peerOf?: (way: Way) => string | undefined;
}

/** Finds the ways to a destination that has several, and remembers their results. */
export class TcpByWays {
  readonly #context: HookContext;
  readonly #facades: TcpFacades;
  readonly #facadeFor: FacadeFor;
  /** The destinations that the NAT64 reached lately and the CLAT of this host did not. */
  readonly #deadByClat = new FailedLately();
  readonly #natives: NativeNames;
  /** Connects by a route that a router may deny → what continues them, and what ends the watch for their close. */
  readonly #underWay = new Map<ConnectRequest, { readonly goOn: () => void; readonly release: () => void }>();

  constructor(context: HookContext, facades: TcpFacades, facadeFor: FacadeFor) {
    this.#context = context;
    this.#facades = facades;
    this.#facadeFor = facadeFor;
    this.#natives = new NativeNames(context);
    context.kernel.evidence.onDenied(() => {
      for (const { goOn } of this.#underWay.values()) goOn();
    });
  }

  /** A connect has begun, by a route that has not proven itself. */
  begun(connect: UnderWay): void {
    const { req, handle } = connect;
    // The request of a closed handle need not complete: lib/net.js gives up an attempt that took too long.
    const release = onClose(handle, () => this.#underWay.delete(req));
    this.#underWay.set(req, { goOn: keep(() => this.#goOnDenied(connect)), release });
  }

  ended(req: ConnectRequest): void {
    this.#underWay.get(req)?.release();
    this.#underWay.delete(req);
  }

  /** The ways to a translated destination that has several. */
  of(owner: object, address: string, port: number, decision: Translated): ByWays | undefined {
    if (decision.step === 'nat64') return this.#throughPrefixes(owner, address, decision);
    const host = decision.step === 'pool' ? this.#context.hostOf(owner) : undefined;
    if (host === undefined || !isNative(this.#context, host)) return undefined;
    return this.#native(owner, address, port, decision, host);
  }

  #throughPrefixes(owner: object, address: string, decision: Translated): ByWays | undefined {
    if (!this.#context.prefixes.hasSeveral) return undefined;
    const ways = this.#nat64Ways(owner, address);
    if (ways.length < 2 || ways[0]?.address !== decision.address) return undefined;
    return { ways, delayMs: PREFIX_DELAY_MS };
  }

  #nat64Ways(owner: object | undefined, ipv4: string): readonly Translated[] {
    return this.#context.translator.nat64Ways(ipv4).filter((way) => !isBlockedFor(owner, way));
  }

  /**
   * A CLAT leads through the same NAT64 as v6only, so using v6only when the CLAT is dead changes neither path nor
   * source. A destination that the NAT64 reached and the CLAT did not is reached through the NAT64 at once from then
   * on.
   */
  throughClat(owner: object, address: string, direct: Way): ByWays {
    const { prefixes, kernel } = this.#context;
    const nat64Ways = () => this.#nat64Ways(owner, address);
    const known = prefixes.list() === undefined ? undefined : nat64Ways();
    const more = known === undefined ? () => prefixes.ready().then(nat64Ways) : undefined;
    const isDead = this.#deadByClat.has(address);
    const ways = isDead && known ? [...known, direct] : [direct, ...(known ?? [])];
    const onAnswer = (way: Way) => {
      if (way.kind === 'direct') {
        this.#deadByClat.clear();
        kernel.evidence.answered(address);
      } else if (!isDead) {
        this.#deadByClat.add(address);
        // One destination may have its own reasons. If a second one fails too, the CLAT as a whole counts as dead.
        if (this.#deadByClat.size > 1) kernel.evidence.deniedAll();
      }
    };
    return { ways, more, delayMs: FIRST_ALONE_MS, onAnswer };
  }

  /**
   * The ways to a name that a rule sends to its native addresses. If those do not answer, the connection goes to the
   * addresses of its A records. If those did not answer lately, these come first.
   */
  #native(owner: object, address: string, port: number, decision: Translated, host: string): ByWays | undefined {
    const { prefixes, lookupOf } = this.#context;
    const lookup = lookupOf(owner);
    if (lookup === undefined) return undefined;
    const peers = new Map<Way, string>();
    const waysTo = (addresses: readonly string[]) => {
      const ways: Way[] = [];
      for (const { way, ipv4 } of this.#natives.ways(host, address, port, addresses)) {
        if (isBlockedFor(owner, way) || isBlockedFor(owner, { step: way.step, address: MAPPED + ipv4 })) continue;
        peers.set(way, ipv4);
        ways.push(way);
      }
      return ways;
    };
    const isDead = this.#natives.dead.has(host);
    const more = async () => {
      const addresses = await this.#natives.addresses(host, lookup);
      if (addresses.length > 0 && prefixes.list() === undefined) await prefixes.ready();
      return isDead ? [...waysTo(addresses), decision] : waysTo(addresses);
    };
    return {
      ways: isDead ? [] : [decision],
      more,
      delayMs: FIRST_ALONE_MS,
      onAnswer: (way) => {
        if (way === decision) this.#natives.dead.delete(host);
        else this.#natives.dead.add(host);
      },
      peerOf: (way) => peers.get(way),
    };
  }

  /** Creates a connect that has not started. `inner` completes the request. */
  connect(
    handle: TcpHandle,
    req: ConnectRequest,
    address: string,
    port: number,
    by: ByWays,
    inner: OnComplete | undefined = req.oncomplete,
  ): WaysConnect {
    const { view = 'ipv4', local, peerOf, ...ways } = by;
    const asked: WaysRequest = {
      ...ways,
      handle,
      req,
      address,
      port,
      facadeFor: (way) => {
        const peer = peerOf?.(way) ?? address;
        if (way.kind === 'translate') return this.#facadeFor(way, view, view === 'mapped' ? MAPPED + peer : peer);
        return local === undefined ? undefined : facade(view, address, local, way);
      },
    };
    return new WaysConnect(this.#context, this.#facades, asked, inner);
  }

  /** Creates a connect that continues one over IPv4 with these ways through the NAT64. */
  #continue({ handle, req, inner }: UnderWay, nat64Ways: readonly Way[], by: Partial<ByWays>): WaysConnect {
    const { address, port, view } = askedBy(req);
    const ways = [byRoute(address), ...nat64Ways];
    return this.connect(handle, req, address, port, { ways, delayMs: PREFIX_DELAY_MS, view, ...by }, inner);
  }

  /**
   * The kernel had an IPv4 route a moment ago, and has none now. @returns whether the request continues, through the
   * NAT64
   */
  goOnWithoutRoute(connect: UnderWay, code: Errno): boolean {
    const { prefixes, translator, classes, hostOf } = this.#context;
    const { address, port, view } = askedBy(connect.req);
    const owner = classes.ownerOf(connect.handle);
    if (owner === undefined) return false;
    translator.forgetRoutes();
    const host = view === 'ipv4' ? hostOf(owner) : undefined;
    const decision = translator.destination(address, { port, host, protocol: 'tcp' });
    const nat64Ways = () => this.#nat64Ways(owner, address);
    if (decision.kind === 'wait')
      this.#continue(connect, [], { more: () => prefixes.ready().then(nat64Ways) }).goOn(code);
    else if (decision.kind === 'translate' && decision.step === 'nat64')
      this.#continue(connect, nat64Ways(), {}).goOn(code);
    else return false;
    return true;
  }

  /** The network itself reported the destination as unreachable over IPv4. @returns whether the request continues */
  goOnByNat64(connect: UnderWay, code: Errno): boolean {
    const { handle, req, inner } = connect;
    const { address } = askedBy(req);
    const { prefixes, classes, kernel } = this.#context;
    if (classes.ownerOf(handle) === undefined) return false;
    const goOn = () => {
      // The program has its answer already. An assumed prefix does not justify a delay.
      const ways = prefixes.origin === 'assumed' ? [] : this.#nat64Ways(classes.ownerOf(handle), address);
      if (ways.length === 0) {
        inner?.call(req, code, handle, req, false, false);
        return;
      }
      const onAnswer = (way: Way) => {
        if (way.kind !== 'direct') kernel.evidence.denied(address, true);
      };
      this.#continue(connect, ways, { onAnswer }).goOn(code);
    };
    if (prefixes.list() !== undefined) goOn();
    else unlessClosed(handle, req, prefixes.whenReady, goOn);
    return true;
  }

  /**
   * The network denied a route. A router answers few of the connects that use it (Linux: one a second after the first
   * five), so the others would wait until TCP sends again.
   */
  #goOnDenied(connect: UnderWay): void {
    const { kernel, classes } = this.#context;
    const { address } = askedBy(connect.req);
    if (kernel.hasRoute(address)) return;
    this.ended(connect.req);
    const owner = classes.ownerOf(connect.handle);
    const ways = owner === undefined ? [] : this.#nat64Ways(owner, address);
    if (ways.length === 0) return;
    const onAnswer = (way: Way) => {
      if (way.kind === 'direct') kernel.evidence.answered(address);
    };
    this.#continue(connect, ways, { onAnswer }).goOnBeside();
  }
}

/** The destination that the program asked for, and how it sees its address. */
function askedBy({ address = '', port = 0 }: ConnectRequest): { address: string; port: number; view: View } {
  const ipv4 = mappedIPv4(address);
  return { address: ipv4 ?? address, port, view: ipv4 === undefined ? 'ipv4' : 'mapped' };
}
