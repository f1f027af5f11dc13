import { malformed } from './malformed';

/** Steps for each octet of a message. An ordinary message takes one or two. */
const STEPS_PER_OCTET = 16;
const MIN_STEPS = 1024;

/**
 * The work of decoding one message. A step is one octet read or copied, or one label or pointer followed. Compression
 * lets a short message describe a very long one, so the length of the message bounds the work, whatever its pointers
 * are.
 */
export class StepCounter {
  spent = 0;
  readonly limit: number;

  /** @param octets the length of the message */
  constructor(octets: number, limit = MIN_STEPS + octets * STEPS_PER_OCTET) {
    this.limit = limit;
  }

  /** @throws V6OnlyError V6ONLY_MALFORMED_MESSAGE if the message has used up its steps */
  spend(steps: number): void {
    this.spent += steps;
    if (this.spent > this.limit) throw malformed(`more than ${this.limit} steps to decode it`);
  }
}
