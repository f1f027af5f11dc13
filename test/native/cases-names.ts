// Arbitrary calls of dns.
import fc, { type Arbitrary } from 'fast-check';
import { anyLiteral, call, family, flag, hints, literal, name, objectOf, one, order, wrong } from './samples.js';
import type { Json } from './values.js';

const FACES = ['callback', 'promises'] as const;
const RESOLVE_FACES = [...FACES, 'resolver', 'promises-resolver'] as const;
/** Where a method is: of `dns`, of `dns.promises`, or of a resolver of the program's own. */
export type Face = (typeof RESOLVE_FACES)[number];

/** A method of `dns`, and its arguments. */
export interface NameCase {
  readonly api: 'lookup' | 'resolve' | 'reverse' | 'lookupService';
  readonly face: Face;
  readonly method: Method;
  readonly args: Json[];
}

const lookupName: Arbitrary<Json> = fc.oneof(
  { weight: 4, arbitrary: name },
  { weight: 3, arbitrary: anyLiteral },
  { weight: 1, arbitrary: wrong },
);
const lookupOptions: Arbitrary<Json> = fc.oneof(
  { weight: 6, arbitrary: objectOf({ family, all: flag, hints, order, verbatim: flag }) },
  { weight: 2, arbitrary: family },
  { weight: 1, arbitrary: wrong },
);
const face = fc.constantFrom<Face[]>(...FACES);
export const lookup = fc
  .tuple(
    face,
    fc.oneof(
      { weight: 4, arbitrary: fc.tuple(lookupName, lookupOptions) },
      { weight: 2, arbitrary: fc.tuple(lookupName) },
      fc.tuple(),
    ),
    fc.nat(19),
  )
  .map(
    ([way, args, dice]): NameCase => ({
      api: 'lookup',
      face: way,
      method: 'lookup',
      args: way === 'callback' && dice > 0 ? [...args, call] : args,
    }),
  );

const RESOLVE_METHODS = [
  'resolve',
  'resolve4',
  'resolve6',
  'resolveAny',
  'resolveCaa',
  'resolveCname',
  'resolveMx',
  'resolveNaptr',
  'resolveNs',
  'resolvePtr',
  'resolveSoa',
  'resolveSrv',
  'resolveTxt',
] as const;
export type Method = (typeof RESOLVE_METHODS)[number] | 'lookup' | 'lookupService' | 'reverse';

const resolveFace = fc.constantFrom(...RESOLVE_FACES);
const rrtype: Arbitrary<Json> = one(
  'A',
  'AAAA',
  'ANY',
  'CNAME',
  'MX',
  'TXT',
  'PTR',
  'SOA',
  'a',
  'NOSUCH',
  '',
  null,
  5,
  {},
  { $: 'undefined' },
);
export const resolve = fc
  .tuple(
    resolveFace,
    fc.oneof(
      { weight: 2, arbitrary: fc.constantFrom<Method[]>('resolve4', 'resolve6', 'resolve') },
      fc.constantFrom(...RESOLVE_METHODS),
    ),
    fc.oneof({ weight: 8, arbitrary: name }, { weight: 2, arbitrary: literal }, { weight: 1, arbitrary: wrong }),
    fc.oneof(
      fc.constant([]),
      fc.tuple(
        one({ ttl: true }, { ttl: false }, { ttl: 1 }, { ttl: { $: 'throws' } }, {}, null, 5, 'ttl', {
          $: 'undefined',
        }),
      ),
    ),
    rrtype,
    fc.nat(19),
  )
  .map(([way, method, asked, options, type, dice]): NameCase => {
    const args: Json[] = [asked, ...(method === 'resolve' && dice % 3 > 0 ? [type] : options)];
    return {
      api: 'resolve',
      face: way,
      method,
      args: way.startsWith('promises') || dice === 0 ? args : [...args, call],
    };
  });

export const reverse = fc
  .tuple(
    resolveFace,
    fc.oneof({ weight: 5, arbitrary: anyLiteral }, { weight: 1, arbitrary: name }, { weight: 1, arbitrary: wrong }),
    fc.nat(19),
  )
  .map(
    ([way, address, dice]): NameCase => ({
      api: 'reverse',
      face: way,
      method: 'reverse',
      args: way.startsWith('promises') || dice === 0 ? [address] : [address, call],
    }),
  );

export const lookupService = fc
  .tuple(
    face,
    fc.oneof({ weight: 5, arbitrary: anyLiteral }, { weight: 1, arbitrary: name }, { weight: 1, arbitrary: wrong }),
    fc.oneof(one(22, 80, 0, 65_535, 65_536, -1, '80', '0x50', 1.5), wrong),
    fc.nat(19),
  )
  .map(([way, address, at, dice]): NameCase => {
    const args: Json[] = dice === 0 ? [address] : [address, at];
    return {
      api: 'lookupService',
      face: way,
      method: 'lookupService',
      args: way === 'promises' || dice === 1 ? args : [...args, call],
    };
  });
