import dns from 'node:dns';
import { revive } from './values.js';

const own = { callback: dns, promises: dns.promises };

function targetOf(face) {
  if (face === 'resolver') return new dns.Resolver();
  if (face === 'promises-resolver') return new dns.promises.Resolver();
  return own[face];
}

export const RUN = {
  lookup: (one, record, stopped) => call('lookup', one, record, stopped),
  lookupService: (one, record, stopped) => call('lookupService', one, record, stopped),
  resolve: (one, record, stopped) => call(one.method, one, record, stopped),
  reverse: (one, record, stopped) => call('reverse', one, record, stopped),
};

async function call(method, { face, args }, record, stopped) {
  const target = targetOf(face);
  let called;
  const settled = new Promise((resolve) => {
    called = resolve;
  });
  const revived = revive(args, (name, values) => {
    record(name, values);
    called();
  });
  let result;
  try {
    result = target[method](...revived);
  } catch (error) {
    record('throws', [error]);
    return;
  }
  if (typeof result?.then === 'function') {
    const answer = result.then(
      (value) => record('resolves', [value]),
      (error) => record('rejects', [error]),
    );
    await Promise.race([answer, stopped]);
  } else {
    // A QueryReqWrap or a GetAddrInfoReqWrap: its constructor is what can be told apart.
    record('returns', [result]);
    if (result !== undefined || revived.some((value) => typeof value === 'function'))
      await Promise.race([settled, stopped]);
  }
  // A callback that is called twice is seen.
  await new Promise(setImmediate);
}
