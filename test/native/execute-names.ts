import dns from 'node:dns';
import type { Face, NameCase } from './cases-names.js';
import { type Recorder, reviveAll } from './values.js';

type Methods = Readonly<Record<string, (...args: unknown[]) => unknown>>;

function targetOf(face: Face): Methods {
  const targets = {
    callback: () => dns,
    promises: () => dns.promises,
    resolver: () => new dns.Resolver(),
    'promises-resolver': () => new dns.promises.Resolver(),
  };
  return targets[face]() as object as Methods;
}

export async function callDns(one: NameCase, record: Recorder, stopped: Promise<void>): Promise<void> {
  const target = targetOf(one.face);
  let called = () => {};
  const settled = new Promise<void>((resolve) => {
    called = resolve;
  });
  const args = reviveAll(one.args, (name, values) => {
    record(name, values);
    called();
  });
  let result: unknown;
  try {
    result = target[one.method]?.(...args);
  } catch (error) {
    record('throws', [error]);
    return;
  }
  if (result instanceof Promise) {
    const answer = result.then(
      (value) => record('resolves', [value]),
      (error) => record('rejects', [error]),
    );
    await Promise.race([answer, stopped]);
  } else {
    // A QueryReqWrap or a GetAddrInfoReqWrap: its constructor is what can be told apart.
    record('returns', [result]);
    if (result !== undefined || args.some((value) => typeof value === 'function'))
      await Promise.race([settled, stopped]);
  }
  // A callback that is called twice is seen.
  await new Promise(setImmediate);
}
