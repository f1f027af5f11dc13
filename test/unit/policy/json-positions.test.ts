import test from 'ava';
import fc from 'fast-check';
import { findJsonPositions, PositionFinder, readablePath } from '../../../src/policy/json-positions.js';

test('property: what JSON.parse takes has no fault, and every value is where it is said to be', (t) => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 4 }), fc.constantFrom(undefined, 2), (compact, indent) => {
      const value = JSON.parse(compact);
      const text = JSON.stringify(value, null, indent);
      const { fault, values } = findJsonPositions(text);
      t.is(fault, undefined);
      for (const [pointer, offset] of values) {
        let at = value;
        for (const part of pointer.split('/').slice(1)) at = at[part.replaceAll('~1', '/').replaceAll('~0', '~')];
        const rest = text.slice(offset);
        const start = JSON.stringify(at, null, indent).slice(0, 1);
        t.true(rest.startsWith(start), `${pointer} at ${offset} of ${text}`);
      }
    }),
    { numRuns: 300 },
  );
});

test('property: any text is either JSON for both or for none', (t) => {
  const text = fc.oneof(
    fc.string({ maxLength: 40 }),
    fc.stringMatching(/^[[\]{}:,"0-9a-e.tru\\\-+ \n]{0,24}$/),
    fc.tuple(fc.json(), fc.nat(), fc.string({ maxLength: 2 })).map(([json, at, insert]) => {
      const place = at % (json.length + 1);
      return json.slice(0, place) + insert + json.slice(place);
    }),
  );
  fc.assert(
    fc.property(text, (candidate) => {
      let valid = true;
      try {
        JSON.parse(candidate);
      } catch {
        valid = false;
      }
      t.is(findJsonPositions(candidate).fault === undefined, valid, JSON.stringify(candidate));
    }),
    { numRuns: 3000 },
  );
});

test('lines may end in LF, CR LF or CR', (t) => {
  const text = 'a\nb\r\nc\rd';
  const finder = new PositionFinder(text);
  const at = [...text, ''].map((_, offset) => Object.values(finder.at(offset)).join(':'));
  t.deepEqual(at, ['1:1', '1:2', '2:1', '2:2', '2:3', '3:1', '3:2', '4:1', '4:2']);
  t.deepEqual(new PositionFinder('').at(0), { line: 1, column: 1 });
});

test('paths read as people write them', (t) => {
  t.is(readablePath('/rules/2/match'), 'rules[2].match');
  t.is(readablePath('/multicast/239.1.2.3'), 'multicast["239.1.2.3"]');
  t.is(readablePath('/a~1b/c~0d'), '["a/b"]["c~d"]');
  t.is(readablePath(''), '');
});
