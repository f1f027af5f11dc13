import { V6OnlyError } from '../errors';

const MAX_NAME_OCTETS = 255;
const MAX_LABEL_OCTETS = 63;
const DOT = 0x2e;
const BACKSLASH = 0x5c;

export interface ReadName {
  readonly name: string;
  /** The offset after the name, where it stands in the message. */
  readonly end: number;
}

/**
 * Reads a name at `offset`, following compression pointers (RFC 1035 §4.1.4), which must lead backwards: a loop is
 * therefore impossible. Octets that are no printable ASCII, and dots and backslashes within a label, come out as `\DDD`
 * or `\.` (RFC 4343 §2.1): dns-packet would make `a.b` of the one label `a\.b`.
 * @throws V6OnlyError V6ONLY_MALFORMED_MESSAGE
 */
export function readName(buffer: Buffer, offset: number): ReadName {
  let text = '';
  let at = offset;
  let end = -1;
  let octets = 1;
  let limit = offset;
  for (;;) {
    const length = buffer[at];
    if (length === undefined) throw malformed('a name runs past the end of the message');
    if (length === 0) break;
    if (length >= 0xc0) {
      const low = buffer[at + 1];
      if (low === undefined) throw malformed('a name runs past the end of the message');
      if (end < 0) end = at + 2;
      const target = ((length & 0x3f) << 8) | low;
      if (target >= limit) throw malformed('a compression pointer does not lead backwards');
      at = limit = target;
      continue;
    }
    if (length > MAX_LABEL_OCTETS) throw malformed('a label of an unknown kind');
    octets += length + 1;
    if (octets > MAX_NAME_OCTETS) throw malformed('a name longer than 255 octets');
    if (at + 1 + length > buffer.length) throw malformed('a name runs past the end of the message');
    if (text !== '') text += '.';
    for (let i = at + 1; i <= at + length; i++) text += OCTET_TEXT[buffer[i] as number];
    at += length + 1;
  }
  return { name: text === '' ? '.' : text, end: end < 0 ? at + 1 : end };
}

/** How each octet of a label is written. */
const OCTET_TEXT: readonly string[] = Array.from({ length: 256 }, (_, octet) => {
  if (octet === DOT || octet === BACKSLASH) return `\\${String.fromCharCode(octet)}`;
  if (octet > 0x20 && octet < 0x7f) return String.fromCharCode(octet);
  return `\\${String(octet).padStart(3, '0')}`;
});

/**
 * The octets of a name, uncompressed.
 * @throws V6OnlyError V6ONLY_MALFORMED_MESSAGE for an empty label, one of more than 63 octets, or a name of more than 255.
 */
export function encodeName(name: string): Buffer {
  const octets: number[] = [];
  let labelStart = 0;
  octets.push(0);
  const text = name === '.' ? '' : name;
  const end = text.endsWith('.') && !text.endsWith('\\.') ? text.length - 1 : text.length;
  const closeLabel = () => {
    const length = octets.length - labelStart - 1;
    if (length === 0) throw invalidName(name, 'has an empty label');
    if (length > MAX_LABEL_OCTETS) throw invalidName(name, 'has a label of more than 63 octets');
    octets[labelStart] = length;
    labelStart = octets.length;
    octets.push(0);
  };
  for (let i = 0; i < end; i++) {
    let code = text.charCodeAt(i);
    if (code === DOT) {
      closeLabel();
      continue;
    }
    if (code === BACKSLASH) {
      const digits = /^\d{3}/.exec(text.slice(i + 1, i + 4))?.[0];
      code = digits === undefined ? text.charCodeAt(i + 1) : Number(digits);
      i += digits === undefined ? 1 : 3;
      if (Number.isNaN(code)) throw invalidName(name, 'ends in a backslash');
    }
    if (code > 255 || (code > 126 && text.charCodeAt(i) === code)) {
      throw invalidName(name, 'has characters outside ASCII: convert it with url.domainToASCII first');
    }
    octets.push(code);
  }
  if (end > 0) closeLabel();
  if (octets.length > MAX_NAME_OCTETS) throw invalidName(name, 'is longer than 255 octets');
  return Buffer.from(octets);
}

/** The form in which names are compared: ASCII letters in lower case (RFC 4343), no dot at the end. */
export function canonicalName(name: string): string {
  const lower = name.toLowerCase();
  return lower.length > 1 && lower.endsWith('.') && !lower.endsWith('\\.') ? lower.slice(0, -1) : lower;
}

export function isSameName(a: string, b: string): boolean {
  return a === b || canonicalName(a) === canonicalName(b);
}

/** Whether `name` is below `parent` (and not `parent` itself). */
export function isSubdomain(name: string, parent: string): boolean {
  const child = canonicalName(name);
  const tail = `.${canonicalName(parent)}`;
  // The dot of `a\\.example.org` is part of a label.
  return child.endsWith(tail) && child.at(-tail.length - 1) !== '\\';
}

export function malformed(what: string, cause?: unknown): V6OnlyError {
  return new V6OnlyError('V6ONLY_MALFORMED_MESSAGE', `Malformed DNS message: ${what}`, undefined, { cause });
}

function invalidName(name: string, what: string): V6OnlyError {
  const shown = name.length > 80 ? `${name.slice(0, 77)}...` : name;
  return new V6OnlyError('V6ONLY_MALFORMED_MESSAGE', `The domain name "${shown}" ${what}`);
}
