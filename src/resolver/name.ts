import { V6OnlyError } from '../report/errors';

export const MAX_NAME_OCTETS = 255;
export const MAX_LABEL_OCTETS = 63;
const DOT = 0x2e;
const BACKSLASH = 0x5c;

/** The text of each octet in a label. */
export const OCTET_TEXT: readonly string[] = Array.from({ length: 256 }, (_, octet) => {
  if (octet === DOT || octet === BACKSLASH) return `\\${String.fromCharCode(octet)}`;
  if (octet > 0x20 && octet < 0x7f) return String.fromCharCode(octet);
  return `\\${String(octet).padStart(3, '0')}`;
});

/**
 * The octets of a name, uncompressed.
 * @throws V6OnlyError V6ONLY_MALFORMED_MESSAGE for an empty label, one of more than 63 octets, or a name of more than 255.
 */
export function encodeName(name: string): Buffer {
  const octets = Buffer.allocUnsafe(MAX_NAME_OCTETS);
  let size = 1;
  let labelStart = 0;
  const put = (octet: number) => {
    if (size >= MAX_NAME_OCTETS) throw invalidName(name, 'is longer than 255 octets');
    octets[size++] = octet;
  };
  const closeLabel = () => {
    const length = size - labelStart - 1;
    if (length === 0) throw invalidName(name, 'has an empty label');
    if (length > MAX_LABEL_OCTETS) throw invalidName(name, 'has a label of more than 63 octets');
    octets[labelStart] = length;
    labelStart = size;
    put(0);
  };
  octets[0] = 0;
  const text = name === '.' ? '' : name;
  const end = text.endsWith('.') && !text.endsWith('\\.') ? text.length - 1 : text.length;
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
    put(code);
  }
  if (end > 0) closeLabel();
  return octets.subarray(0, size);
}

/** The form in which names are compared: ASCII letters in lower case (RFC 4343), without a final dot. */
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
  // The dot of `a\\.example.org` belongs to a label.
  return child.endsWith(tail) && child.at(-tail.length - 1) !== '\\';
}

/** The name without its first label. Undefined for the root. A dot within a label does not separate labels. */
export function parentOf(name: string): string | undefined {
  if (name === '' || name === '.') return undefined;
  for (let i = 0; i < name.length; i++) {
    const c = name.charCodeAt(i);
    if (c === BACKSLASH) i++;
    else if (c === DOT) return i + 1 < name.length ? name.slice(i + 1) : '.';
  }
  return '.';
}

function invalidName(name: string, what: string): V6OnlyError {
  const shown = name.length > 80 ? `${name.slice(0, 77)}...` : name;
  return new V6OnlyError('V6ONLY_MALFORMED_MESSAGE', `The domain name "${shown}" ${what}`);
}
