// Messages that are as costly to decode as their length allows.
const header = (records: number) => {
  const bytes = Buffer.from([0, 1, 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0]);
  bytes.writeUInt16BE(records, 6);
  return bytes;
};
/** The question `a. TYPE255 IN`. */
const QUESTION = Buffer.from([1, 97, 0, 0, 255, 0, 1]);
/** Where the data of the first record stands: header, question, and a record with the root as its owner. */
const FIRST_DATA = 12 + QUESTION.length + 11;

const pointer = (offset: number) => Buffer.from([0xc0 | (offset >> 8), offset & 255]);
const root = Buffer.from([0]);

export function record(owner: Buffer, type: number, data: Buffer = Buffer.alloc(0)): Buffer {
  const fixed = Buffer.alloc(10);
  fixed.writeUInt16BE(type, 0);
  fixed.writeUInt16BE(1, 2);
  fixed.writeUInt16BE(data.length, 8);
  return Buffer.concat([owner, fixed, data]);
}

export const messageOf = (records: readonly Buffer[]) => Buffer.concat([header(records.length), QUESTION, ...records]);

const PRIVATE_TYPE = 65280;
const first = (data: Buffer) => record(root, PRIVATE_TYPE, data);
/** As many as there is room for in `octets`. */
const fill = (head: Buffer, octets: number, make: (i: number) => Buffer) => {
  const records = [head];
  for (let size = 19 + head.length; ; ) {
    const next = make(records.length);
    size += next.length;
    if (size > octets) return messageOf(records);
    records.push(next);
  }
};

/** The longest name there is, of labels of one octet. */
const longestName = Buffer.concat([...Array.from({ length: 127 }, () => Buffer.from([1, 97])), root]);
/** `length` pointers, each to the one before, the first to the question's name. */
export const pointerChain = (length: number) =>
  Buffer.concat(Array.from({ length }, (_, i) => pointer(i === 0 ? 12 : FIRST_DATA + (i - 1) * 2)));
const ownLabel = (i: number) => Buffer.from([1, 97 + (i % 26)]);
const RP = 17;
const MX = 15;
const TXT = 16;
const SOA = 6;
const NSEC = 47;

/** Name → (octets) => a message of at most that many. */
export const HOSTILE: Readonly<Record<string, (octets: number) => Buffer>> = {
  'a chain of pointers, and records that end in it': (octets) => {
    const length = Math.min(8000, Math.floor(octets / 4));
    const end = pointer(FIRST_DATA + (length - 1) * 2);
    return fill(first(pointerChain(length)), octets, () => record(end, RP, Buffer.concat([end, end])));
  },
  'chains of 100 pointers, one behind the other': (octets) => {
    const chains = pointerChain(Math.min(8000, Math.floor(octets / 4)));
    return fill(first(chains), octets, (i: number) =>
      record(pointer(FIRST_DATA + 2 * ((i * 100) % (chains.length / 2))), 1),
    );
  },
  'pointers to the longest name': (octets) =>
    fill(first(longestName), octets, () => record(pointer(FIRST_DATA), PRIVATE_TYPE)),
  'other labels before the longest name': (octets) =>
    fill(first(longestName), octets, (i: number) =>
      record(Buffer.concat([ownLabel(i), pointer(FIRST_DATA + 2)]), PRIVATE_TYPE),
    ),
  'pointers into all places of the longest name': (octets) =>
    fill(first(longestName), octets, (i: number) => record(pointer(FIRST_DATA + (i % 127) * 2), PRIVATE_TYPE)),
  'RP records of two long names': (octets) =>
    fill(first(longestName), octets, (i: number) => {
      const name = Buffer.concat([ownLabel(i), pointer(FIRST_DATA + 2)]);
      return record(root, RP, Buffer.concat([name, name]));
    }),
  'MX records with the longest name': (octets) =>
    fill(first(longestName), octets, () => record(root, MX, Buffer.concat([Buffer.alloc(2), pointer(FIRST_DATA)]))),
  'SOA records with the longest name': (octets) =>
    fill(first(longestName), octets, () =>
      record(root, SOA, Buffer.concat([pointer(FIRST_DATA), pointer(FIRST_DATA), Buffer.alloc(20)])),
    ),
  'a TXT record of empty strings': (octets) => messageOf([record(root, TXT, Buffer.alloc(octets - 30))]),
  'an NSEC record whose bitmaps are full': (octets) =>
    messageOf([record(root, NSEC, Buffer.concat([root, Buffer.alloc(octets - 31, 255)]))]),
  'empty records': (octets) => fill(first(Buffer.alloc(0)), octets, () => record(root, PRIVATE_TYPE)),
};

/** Messages as long as those above that people do send: these must be decoded. */
export const HONEST: Readonly<Record<string, (octets: number) => Buffer>> = {
  'A records of the question’s name': (octets) =>
    fill(first(Buffer.alloc(0)), octets, (i: number) => record(pointer(12), 1, Buffer.from([192, 0, 2, i & 255]))),
  'PTR records with an owner of 32 nibbles': (octets) => {
    const name = Buffer.concat([
      ...Array.from({ length: 32 }, () => Buffer.from([1, 0x66])),
      Buffer.from('\x03ip6\x04arpa\x00'),
    ]);
    return fill(first(name), octets, (i: number) =>
      record(Buffer.concat([ownLabel(i), pointer(FIRST_DATA + 2)]), 12, Buffer.concat([ownLabel(i), pointer(12)])),
    );
  },
  'MX records': (octets) =>
    fill(first(Buffer.from('\x04mail\x07example\x03org\x00')), octets, (i: number) =>
      record(pointer(12), MX, Buffer.concat([Buffer.from([0, 10]), ownLabel(i), pointer(FIRST_DATA)])),
    ),
  'a TXT record of ordinary strings': (octets) =>
    messageOf([
      record(
        root,
        TXT,
        Buffer.concat(Array.from({ length: Math.floor((octets - 30) / 9) }, () => Buffer.from('\x08v=spf1 a'))),
      ),
    ]),
};
