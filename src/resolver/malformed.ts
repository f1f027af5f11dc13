import { V6OnlyError } from '../report/errors';

/** The error of a message that cannot be decoded or encoded. */
export function malformed(what: string, cause?: unknown): V6OnlyError {
  return new V6OnlyError('V6ONLY_MALFORMED_MESSAGE', `Malformed DNS message: ${what}`, undefined, { cause });
}
