import dns from 'node:dns';
import { isIP } from 'node:net';
import { mappedIPv4 } from '../../address/mapped';
import { MAX_PER_ANSWER } from '../../address/pool';
import { noSyntheticAddress } from '../../address/refusals';
import type { HookContext } from '../context';
import { lookupChannel } from '../diagnostics';
import { errnoOf } from '../handle/errno';
import { isNative } from '../tcp/native-names';
import {
  type Address,
  type Answer,
  type AnswerCallback,
  allOf,
  type LookupFunction,
  NOTHING,
  quietly,
} from './lookup-function';
import type { Question } from './lookup-question';
import { whenPrefixKnown } from './when-prefix-known';

/** Answers a question in the place of Node's own function. */
export function answer(
  context: HookContext,
  names: LookupFunction,
  question: Question,
  callback: AnswerCallback,
): unknown {
  const { hostname, family } = question;
  const done = (source: 'system' | 'v6only') => (error: NodeJS.ErrnoException | null, found: Answer) => {
    context.counters.lookups[source === 'system' ? 'system' : 'own']++;
    if (lookupChannel.hasSubscribers) lookupChannel.publish({ hostname, family, source, addresses: found.addresses });
    callback(error, found);
  };
  // The callback belongs to the program. An exception in it must be uncaught, as natively, not the rejection of a
  // promise.
  const own = (error: NodeJS.ErrnoException) =>
    void askOwn(context, question, error).then(({ error: failure, addresses }) =>
      process.nextTick(done('v6only'), failure, allOf(addresses)),
    );
  if (context.translator.hasGeneralRoute()) return askSystem(context, names, question, done('system'));
  if (context.names.goesFirst && hostname.includes('.') && names.isNodes())
    // As getaddrinfo reports servers that do not answer, or that fail.
    return own(lookupError('EAI_AGAIN', hostname));
  return askSystem(context, names, question, (error, found) => {
    // The operating system has only IPv4 name servers, which it cannot reach. v6only reaches them through the NAT64.
    if (error?.code === 'EAI_AGAIN' && context.systemServers.some(isIPv4Server)) own(error);
    else done('system')(error, found);
  });
}

function askSystem(context: HookContext, names: LookupFunction, question: Question, callback: AnswerCallback): unknown {
  const { hostname, family, order } = question;
  // On a host without IPv4, ADDRCONFIG makes getaddrinfo hide A records. The NAT64 can reach these addresses.
  const hints = context.translator.hasGeneralRoute() ? question.hints : question.hints & ~dns.ADDRCONFIG;
  const options = { ...order, hints, family, all: true } as const;
  const again = quietly(names);
  if (!wantsNative(context, question)) return askFamily(names.ask);
  return again(hostname, { ...options, family: 6 }, (_error, others) => {
    const addresses = ofFamily(others, 6);
    const goOn = () => {
      const native = asNative(context, question, addresses);
      if (native.length > 0) callback(null, { ...others, addresses: native });
      else askFamily(again);
    };
    if (addresses.length > 0) whenPrefixKnown(context, goOn);
    else goOn();
  });

  function askFamily(ask: LookupFunction['ask']): unknown {
    return ask(hostname, options, (error, found) => {
      if (error) {
        if (family === 0 || question.isForRecords || !isNoAddress(error)) callback(error, NOTHING);
        else askOtherFamily(error);
        return;
      }
      if (found.other !== undefined) return callback(null, found);
      const shown = present(context, question, found.addresses);
      if (shown.length > 0) callback(null, { ...found, addresses: shown });
      else if (family === 6) askOtherFamily(lookupError('ENOTFOUND', hostname), mappedOf(found.addresses, family));
      else orNotFound(mappedOf(found.addresses, family), found);
    });
  }

  function orNotFound(addresses: readonly Address[], found: Answer): void {
    callback(addresses.length > 0 ? null : lookupError('ENOTFOUND', hostname), { ...found, addresses });
  }

  /** The name may have addresses of the other family only. */
  function askOtherFamily(error: NodeJS.ErrnoException, mapped: Address[] = []): void {
    const other = family === 4 ? 6 : 4;
    again(hostname, { ...options, family: other }, (otherError, found) => {
      const others = otherError ? [] : ofFamily(found, other);
      const finish = () => {
        const result = family === 4 ? asIPv4(context, question, others) : asIPv6(context, others);
        const addresses = result.length > 0 ? result : mapped;
        callback(addresses.length > 0 ? null : explainFullPool(context, question, others, error), {
          ...found,
          addresses,
        });
      };
      if (others.length > 0) whenPrefixKnown(context, finish);
      else finish();
    });
  }
}

/** A function of the program may return addresses of a family that it was not asked for. */
function ofFamily({ addresses }: Answer, family: 4 | 6): Address[] {
  return addresses.filter((one) => one.family === family);
}

/** @param error the error to return if v6only's own resolver has no answer either */
async function askOwn(
  context: HookContext,
  question: Question,
  error: NodeJS.ErrnoException,
): Promise<{ error: NodeJS.ErrnoException | null; addresses: readonly Address[] }> {
  const { hostname, family, isForRecords } = question;
  const askForIPv6 = async () => {
    const addresses = [...(await context.names.addresses(hostname, 6).catch(() => []))];
    if (addresses.length > 0 && context.prefixes.all === undefined) await context.prefixes.ready();
    return addresses;
  };
  const native = wantsNative(context, question) ? asNative(context, question, await askForIPv6()) : [];
  if (native.length > 0) return { error: null, addresses: native };
  try {
    const found = await context.names.addresses(hostname, family);
    const addresses = found.map(({ address, family: own }) => ({ address, family: own }));
    const shown = present(context, question, addresses);
    return { error: null, addresses: shown.length > 0 ? shown : mappedOf(addresses, family) };
  } catch (failure) {
    const { code } = failure as NodeJS.ErrnoException;
    const others = code === 'ENODATA' && family === 4 && !isForRecords ? await askForIPv6() : [];
    const addresses = asIPv4(context, question, others);
    if (addresses.length > 0) return { error: null, addresses };
    const final = NO_ADDRESS.has(code) ? lookupError('ENOTFOUND', hostname) : error;
    return { error: explainFullPool(context, question, others, final), addresses: [] };
  }
}

/** The error of lib/internal/errors.js. */
function lookupError(code: 'ENOTFOUND' | 'EAI_AGAIN', hostname: string): NodeJS.ErrnoException {
  const error = new Error(`getaddrinfo ${code} ${hostname}`);
  const errno = errnoOf(code === 'ENOTFOUND' ? 'EAI_NONAME' : code);
  return Object.assign(error, { errno, code, syscall: 'getaddrinfo', hostname });
}

const isIPv4Server = (server: string) => isIP(server.replace(/:\d+$/, '')) === 4 && !server.startsWith('127.');

/** What v6only's resolver says of a name without an address, and of one that no name server could know. */
const NO_ADDRESS: ReadonlySet<string | undefined> = new Set(['ENOTFOUND', 'ENODATA', 'EBADNAME']);

const isNoAddress = (error: NodeJS.ErrnoException) =>
  error.code === 'ENOTFOUND' || error.code === 'ENODATA' || error.code === 'EAI_NODATA';

/**
 * Shows the answer of the network's resolver as a DNS64 would. AAAA records in excluded networks count as absent
 * (RFC 6147 §5.1.4). Unless the program asks for IPv6, addresses that the network's DNS64 synthesized become the embedded
 * IPv4 addresses, before any code sorts or checks them (Happy Eyeballs v3 §8).
 */
function present(context: HookContext, question: Question, addresses: readonly Address[]): readonly Address[] {
  if (question.family === 4 || context.translator.hasGeneralRoute()) return addresses;
  const native = withoutExcluded(context, question, addresses);
  if (question.family === 6) return native;
  const result: Address[] = [];
  for (const { address, family } of native) {
    const ipv4 = family === 6 ? context.translator.embeddedIPv4(address) : undefined;
    const shown = ipv4 === undefined ? { address, family } : { address: ipv4, family: 4 };
    if (!result.some((known) => known.address === shown.address)) result.push(shown);
  }
  return inOrder(result, question);
}

/**
 * What a name has whose only addresses are IPv4-mapped AAAA records: IPv4 addresses by another name. A program that
 * asks for IPv6 gets them as they are, because a connect to them is a connect over IPv4.
 */
function mappedOf(addresses: readonly Address[], family: 0 | 4 | 6): Address[] {
  return addresses.flatMap(({ address }) => {
    const ipv4 = mappedIPv4(address);
    if (ipv4 === undefined) return [];
    return family === 6 ? { address, family } : { address: ipv4, family: 4 };
  });
}

/** A program that sets the hint V4MAPPED wants IPv4-mapped addresses. */
function withoutExcluded(
  context: HookContext,
  { hints }: Pick<Question, 'hints'>,
  addresses: readonly Address[],
): readonly Address[] {
  if ((hints & dns.V4MAPPED) !== 0) return addresses;
  const ipv6 = addresses.filter(({ family }) => family === 6);
  const answer = context.names.answerAaaa({ aaaa: ipv6 });
  const left: readonly Address[] = answer.kind === 'native' ? answer.addresses : [];
  return left.length === ipv6.length ? addresses : addresses.filter((a) => a.family === 4 || left.includes(a));
}

function inOrder(addresses: Address[], { order: { order, verbatim } }: Question): readonly Address[] {
  const wanted = order ?? (verbatim === undefined ? dns.getDefaultResultOrder() : verbatim ? 'verbatim' : 'ipv4first');
  if (wanted === 'verbatim') return addresses;
  const first = wanted === 'ipv4first' ? 4 : 6;
  return [...addresses.filter((a) => a.family === first), ...addresses.filter((a) => a.family !== first)];
}

/** Whether a rule sends the name to its native IPv6 addresses, and this question is for them. */
function wantsNative(context: HookContext, { hostname, family, isForRecords }: Question): boolean {
  return family === 4 && !isForRecords && isNative(context, hostname);
}

/** The pool addresses of a name's native addresses, without those that the network's DNS64 synthesized. */
function asNative(context: HookContext, question: Question, addresses: readonly Address[]): Address[] {
  return asIPv4(
    context,
    question,
    addresses.filter(({ address }) => context.translator.embeddedIPv4(address) === undefined),
  );
}

/** If a program asks for IPv4, an AAAA-only name gets addresses of the synthetic pool (RFC 6535 §2.3). */
function asIPv4(context: HookContext, question: Question, addresses: readonly Address[]): Address[] {
  const result: Address[] = [];
  const limit = question.all ? MAX_PER_ANSWER : 1;
  for (const { address } of withoutExcluded(context, { hints: 0 }, addresses)) {
    if (result.length === limit) break;
    const ipv4 = context.translator.answerIPv4(address);
    if (ipv4 !== undefined) result.push({ address: ipv4, family: 4 });
  }
  return result.length > 0 ? result : mappedOf(addresses, 4).slice(0, limit);
}

/** The same error. If the name has addresses for which no IPv4 address can stand, this becomes its cause. */
function explainFullPool(
  context: HookContext,
  { family }: Question,
  addresses: readonly Address[],
  error: NodeJS.ErrnoException,
): NodeJS.ErrnoException {
  const [first] = withoutExcluded(context, { hints: 0 }, addresses);
  if (family === 4 && first) error.cause ??= noSyntheticAddress(first.address, context.pool.networks);
  return error;
}

/** If a program asks for IPv6, an A-only name gets synthesized addresses, as from a DNS64 (RFC 6147 §5.1.7). */
function asIPv6(context: HookContext, a: Address[]): Address[] {
  const answer = context.names.answerAaaa({ aaaa: [], a });
  return answer.kind === 'synthesized' ? answer.addresses.map(({ address }) => ({ address, family: 6 })) : [];
}
