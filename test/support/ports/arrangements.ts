// Which sockets a program may open side by side on one port, and which of them closes: generated, not listed.
import { HOST4, HOST6 } from '../sockets.js';

interface Endpoint {
  readonly address: string;
  readonly family: 4 | 6;
  readonly ipv6Only?: boolean;
}

/** Sockets on one port, by the names of their endpoints, and which of them closes. */
export interface Arrangement {
  readonly opened: readonly string[];
  readonly closes: number;
}

/** The endpoints that are tried, by the name that stands for each in a title. */
export const ENDPOINTS: Readonly<Record<string, Endpoint>> = {
  '0.0.0.0': { address: '0.0.0.0', family: 4 },
  '127.0.0.1': { address: '127.0.0.1', family: 4 },
  '127.0.0.2': { address: '127.0.0.2', family: 4 },
  own4: { address: HOST4, family: 4 },
  '::': { address: '::', family: 6 },
  '::only': { address: '::', family: 6, ipv6Only: true },
  '::1': { address: '::1', family: 6 },
  own6: { address: HOST6, family: 6 },
};

/** The addresses that clients of this host ask. */
export const TARGETS = {
  '127.0.0.1': '127.0.0.1',
  '127.0.0.2': '127.0.0.2',
  own4: HOST4,
  '::1': '::1',
  own6: HOST6,
};

const names = Object.keys(ENDPOINTS);

/** Every ordered choice of `size` endpoints, the same one twice among the pairs, with each of them closing. */
function choices(size: number): Arrangement[] {
  let all = names.map((name) => [name]);
  for (let i = 1; i < size; i++) {
    all = all.flatMap((head) => names.filter((n) => size === 2 || !head.includes(n)).map((name) => [...head, name]));
  }
  return all.flatMap((opened) => opened.map((_, closes) => ({ opened, closes })));
}

export const pairs = choices(2);
export const triples = choices(3);

/** Every `step`-th, from `first` on. */
export const sample = <Item>(list: readonly Item[], step: number, first = 0): Item[] =>
  list.filter((_, i) => i % step === first);

/** `0.0.0.0 ::only* own6`: the one with the star closes. */
export const titleOf = ({ opened, closes }: Arrangement): string =>
  opened.map((name, i) => name + (i === closes ? '*' : '')).join(' ');
