import { malformed } from './malformed';

/** Steps for each octet of a message; an ordinary one takes one or two. */
const STEPS_PER_OCTET = 16;
const MIN_STEPS = 1024;

/**
 * The work of decoding one message. A step is an octet read or copied, or a label or a pointer followed. Compression lets
 * a short message stand for a very long one, so the work is bounded by the message's length, whatever its pointers say.
 */
export class StepCounter {
  spent = 0;
  readonly limit: number;

  /** @param octets of the message */
  constructor(octets: number, limit = MIN_STEPS + octets * STEPS_PER_OCTET) {
    this.limit = limit;
  }

  /** @throws V6OnlyError V6ONLY_MALFORMED_MESSAGE where the message has used up its steps */
  spend(steps: number): void {
    this.spent += steps;
    if (this.spent > this.limit) throw malformed(`more than ${this.limit} steps to decode it`);
  }
}
