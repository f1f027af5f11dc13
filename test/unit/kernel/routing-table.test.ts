import test from 'ava';
import { integerToIPv4 } from '../../../src/address/ipv4.js';
import { RouteEvidence } from '../../../src/kernel/route-evidence.js';
import { networksOf } from '../../../src/kernel/routing-table.js';

const HEAD = 'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT';
const row = (destination: string, mask: string, flags = '0001') =>
  `eth0\t${destination}\t00000000\t${flags}\t0\t0\t0\t${mask}\t0\t0\t0`;
const shown = (...rows: string[]) =>
  networksOf([HEAD, ...rows, ''].join('\n')).map(({ first, last }) => `${integerToIPv4(first)}-${integerToIPv4(last)}`);

test('the networks of Linux, but for the default route and routes that lead nowhere', (t) => {
  const rows = [
    row('00000000', '00000000', '0003'),
    row('0000000A', '000000FF', '0003'),
    row('0010AAC0', '00F0FFFF'),
    row('0102000A', 'FFFFFFFF', '0005'),
    row('000010AC', '0000F0FF', '0200'),
  ];
  t.deepEqual(shown(...rows), ['10.0.0.0-10.255.255.255', '192.170.16.0-192.170.31.255', '10.0.2.1-10.0.2.1']);
});

test('half of the Internet is no network: a VPN has two of these instead of a default route', (t) => {
  t.deepEqual(shown(row('00000000', '00000080'), row('00000080', '00000080')), []);
});

test('what is no table has no networks', (t) => {
  for (const text of ['', 'x', '\n\n', 'a\tb\tc']) t.deepEqual(networksOf(text), []);
});

test.serial('what the network has shown of a route holds for the table that it was shown for', (t) => {
  const { uptime } = process;
  let seconds = 0;
  process.uptime = () => seconds;
  t.teardown(() => {
    process.uptime = uptime;
  });
  let table: string | undefined;
  const evidence = new RouteEvidence({ table: () => table, isOnLink: () => false });
  /** Whether the answer still counts where this is the table, two seconds later. */
  const holds = (now: string | undefined) => {
    table = now;
    seconds += 2;
    return evidence.hasAnswered();
  };
  table = 'first';
  evidence.answered('203.0.113.7');
  t.deepEqual(['first', undefined, 'first', 'second', 'first'].map(holds), [true, true, true, false, false]);
  // No descriptor was left to read the table: nobody knows whether it is the same when there is one again.
  table = undefined;
  evidence.answered('203.0.113.7');
  t.deepEqual([undefined, 'first', 'first'].map(holds), [true, false, false]);
});
