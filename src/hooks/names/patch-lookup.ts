import dns from 'node:dns';
import { readServer } from '../../address/server-address';
import type { HookContext } from '../context';
import { patch } from '../patch';
import { answer } from './lookup';
import {
  type Address,
  type AnswerCallback,
  byCallback,
  byPromise,
  type LookupFunction,
  NOTHING,
  resultOf,
} from './lookup-function';
import { type Question, questionOf } from './lookup-question';
import { UnprovenServers } from './unproven-servers';

/** Patches `lookup` in `dns` and in `dns.promises` (which is `node:dns/promises`). */
export function patchLookup(context: HookContext): void {
  const questionFor = (hostname: unknown, options: unknown, { judge }: LookupFunction): Question | undefined => {
    const question = questionOf(hostname, options, judge);
    // With a general IPv4 route, only an AAAA-only name that is looked up as IPv4 needs help, because it could only
    // fail.
    return question !== undefined && question.family !== 4 && context.translator.hasGeneralRoute()
      ? undefined
      : question;
  };

  const unproven = new UnprovenServers(context);
  /** Whether the network may deny the routes to the name servers that the operating system asks. */
  const mayBeDenied = (names: LookupFunction) => names.isNodes() && !context.kernel.evidence.hasAnswered();
  /**
   * With a general IPv4 route the operating system's resolver answers alone. If it reached no name server, the network may
   * deny the route to them, as a connection shows. Then the NAT64 leads there. @returns whether the name is asked again
   */
  const askAgain = (
    names: LookupFunction,
    [hostname, options]: readonly unknown[],
    error: NodeJS.ErrnoException,
    callback: (question: Question) => AnswerCallback,
  ): boolean => {
    const question = error.code === 'EAI_AGAIN' ? questionOf(hostname, options, names.judge) : undefined;
    if (question === undefined) return false;
    const servers = context.systemServers
      .flatMap((text) => readServer(text) ?? [])
      .filter(({ family }) => family === 4);
    const finish = callback(question);
    const routes = servers.map(({ address, port }) => [address, port] as const);
    unproven.prove(routes, () => {
      if (context.translator.hasGeneralRoute()) finish(error, NOTHING);
      else answer(context, names, question, finish);
    });
    return true;
  };

  const names = byCallback(dns.lookup);
  patch(
    dns,
    'lookup',
    (real) =>
      ((hostname: unknown, options: unknown, callback: unknown): unknown => {
        const done = typeof options === 'function' ? options : callback;
        const asked = done === options ? undefined : options;
        const given = [hostname, options, callback].slice(0, callback === undefined ? 2 : 3);
        if (typeof done !== 'function') return Reflect.apply(real as never, dns, given);
        const finish =
          ({ all }: Question): AnswerCallback =>
          (error, found) => {
            if (error) return done(error);
            const value = resultOf(found, all) as Partial<Address> | undefined;
            return Array.isArray(value) ? done(null, value) : done(null, value?.address, value?.family);
          };
        // Node handles a call that it would reject, or would answer without a resolver.
        const question = questionFor(hostname, asked, names);
        if (question !== undefined) return answer(context, names, question, finish(question));
        const finished = (error: NodeJS.ErrnoException | null, ...found: unknown[]) => {
          if (!error || !askAgain(names, [hostname, asked], error, finish)) done(error, ...found);
        };
        if (mayBeDenied(names)) given[done === options ? 1 : 2] = finished;
        return Reflect.apply(real as never, dns, given);
      }) as never,
  );
  patch(dns.promises, 'lookup', (real) => {
    const own = byPromise(real);
    // Node's own two functions ask the same. That of `dns` reads at each call what it asks, so what other code has put there
    // later counts.
    const ask: LookupFunction['ask'] = (...args) => (own.isNodes() && names.isNodes() ? names : own).ask(...args);
    const byPromises = { ...own, ask };
    return ((hostname: unknown, options?: unknown): unknown => {
      const question = questionFor(hostname, options, byPromises);
      if (question === undefined) {
        const result = Reflect.apply(real as never, dns.promises, [hostname, options]) as Promise<unknown>;
        if (!mayBeDenied(byPromises)) return result;
        return result.catch((error: NodeJS.ErrnoException) => {
          return new Promise((resolve, reject) => {
            const finish =
              ({ all }: Question): AnswerCallback =>
              (failure, found) =>
                failure ? reject(failure) : resolve(resultOf(found, all));
            if (!askAgain(byPromises, [hostname, options], error, finish)) reject(error);
          });
        });
      }
      let settle: AnswerCallback = () => {};
      const result = new Promise((resolve, reject) => {
        settle = (error, found) => (error ? reject(error) : resolve(resultOf(found, question.all)));
      });
      // Not within the promise: a function of the program may throw at once.
      answer(context, byPromises, question, settle);
      return result;
    }) as never;
  });
}
