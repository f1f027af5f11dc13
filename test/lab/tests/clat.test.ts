// 464XLAT (RFC 6877) is what v6only is measured by: a host with a CLAT and programs without the hook against a host
// without IPv4 and programs with it. And with a CLAT there is IPv4 to use: the hook stays out of its way.
import test from 'ava';
import { CLIENTS } from '../clients.js';
import { runProgram } from '../hosts.js';
import { mappedAddress } from '../nat64.js';
import type { ClientResult } from '../results.js';
import { entriesOf } from '../tables.js';

/** All that differs by nature: which IPv4 address the NAT64 gave the host. */
const withoutSource = ({ seen, localAddress, ...rest }: ClientResult) => ({ ...rest, server: seen?.server });

for (const [client, call] of entriesOf(CLIENTS)) {
  test.serial(`${client}: the hook shows a program what a CLAT shows it`, async (t) => {
    for (const target of ['1.2.3.4', 'v4.example.org']) {
      const clat = await runProgram('clat', ...call(target), { hook: false });
      const hook = await runProgram('app', ...call(target));
      // An A-only name is IPv6 to a program behind DNS64 and a CLAT; to the hook it is what the name says.
      if (target === '1.2.3.4') t.deepEqual(withoutSource(hook), withoutSource(clat));
      t.truthy(hook.seen);
      t.is(hook.seen?.server, clat.seen?.server);
    }
  });

  test.serial(`${client}: on a host with a CLAT literals go on over IPv4`, async (t) => {
    const without = await runProgram('clat', ...call('1.2.3.4'), { hook: false });
    const withHook = await runProgram('clat', ...call('1.2.3.4'));
    t.deepEqual(withHook, without);
    t.not(withHook.seen?.client, mappedAddress('nat64', 'app'));
  });
}

test.serial('the host address that programs see is one of 192.0.0.0/29, as with a CLAT (RFC 7335)', async (t) => {
  const clat = await runProgram('clat', ...CLIENTS.net('1.2.3.4'), { hook: false });
  const hook = await runProgram('app', ...CLIENTS.net('1.2.3.4'));
  t.is(clat.localAddress, '192.0.0.1');
  t.regex(hook.localAddress ?? '', /^192\.0\.0\.[0-7]$/);
});
