import { malformed } from './malformed';
import { MAX_LABEL_OCTETS, MAX_NAME_OCTETS, OCTET_TEXT } from './name';
import { StepCounter } from './step-counter';

/** A name of 255 octets has at most 127 labels. A server writes at most one pointer before each. */
const MAX_POINTERS = 127;

export interface ReadName {
  readonly name: string;
  /** The offset after the name in the message. */
  readonly end: number;
}

/** The rest of a name from an offset to which a pointer led. */
interface Suffix {
  readonly text: string;
  /** The length of its labels with their length octets, without the root. */
  readonly octets: number;
  readonly pointers: number;
}

/** The state of a name when a pointer led to `target`. */
interface Entered {
  readonly target: number;
  readonly textLength: number;
  readonly octets: number;
  readonly pointers: number;
}

/**
 * Reads the names of one message. The suffix at each pointer's target is cached, so no part of the message is read
 * twice: the work is linear in the length of the message, and `steps` counts it.
 */
export class NameReader {
  readonly bytes: Buffer;
  readonly steps: StepCounter;
  readonly #suffixes = new Map<number, Suffix>();

  constructor(bytes: Buffer, steps = new StepCounter(bytes.length)) {
    this.bytes = bytes;
    this.steps = steps;
  }

  /**
   * Reads the name at `offset` and follows compression pointers (RFC 1035 §4.1.4). Pointers must lead backwards, so a
   * loop is impossible. Octets that are not printable ASCII, and dots and backslashes within a label, become `\DDD` or
   * `\.` (RFC 4343 §2.1). dns-packet would read the single label `a\.b` as `a.b`.
   * @throws V6OnlyError V6ONLY_MALFORMED_MESSAGE
   */
  read(offset: number): ReadName {
    const { bytes, steps } = this;
    const entered: Entered[] = [];
    let text = '';
    let octets = 0;
    let pointers = 0;
    let at = offset;
    let end = -1;
    for (;;) {
      const length = bytes[at];
      if (length === undefined) throw malformed('a name runs past the end of the message');
      if (length === 0) break;
      steps.spend(1);
      if (length >= 0xc0) {
        const low = bytes[at + 1];
        if (low === undefined) throw malformed('a name runs past the end of the message');
        if (end < 0) end = at + 2;
        const target = ((length & 0x3f) << 8) | low;
        if (target >= (entered.at(-1)?.target ?? offset))
          throw malformed('a compression pointer does not lead backwards');
        const known = this.#suffixes.get(target);
        pointers += 1 + (known?.pointers ?? 0);
        if (pointers > MAX_POINTERS) throw malformed(`a name of more than ${MAX_POINTERS} compression pointers`);
        if (known !== undefined) {
          // If the name is exactly a known name, no text is copied.
          if (text !== '') steps.spend(known.octets);
          text = joined(text, known.text);
          octets += known.octets;
          break;
        }
        entered.push({ target, textLength: text.length, octets, pointers });
        at = target;
        continue;
      }
      if (length > MAX_LABEL_OCTETS) throw malformed('a label of an unknown kind');
      if (at + 1 + length > bytes.length) throw malformed('a name runs past the end of the message');
      octets += length + 1;
      if (octets >= MAX_NAME_OCTETS) break;
      steps.spend(length);
      if (text !== '') text += '.';
      for (let i = at + 1; i <= at + length; i++) text += OCTET_TEXT[bytes[i] as number];
      at += length + 1;
    }
    // The root takes an octet too (RFC 1035 §2.3.4).
    if (octets >= MAX_NAME_OCTETS) throw malformed('a name longer than 255 octets');
    for (const head of entered) {
      this.#suffixes.set(head.target, {
        text: text.slice(head.textLength === 0 ? 0 : head.textLength + 1),
        octets: octets - head.octets,
        pointers: pointers - head.pointers,
      });
    }
    return { name: text === '' ? '.' : text, end: end < 0 ? at + 1 : end };
  }
}

function joined(head: string, tail: string): string {
  return head === '' ? tail : tail === '' ? head : `${head}.${tail}`;
}
