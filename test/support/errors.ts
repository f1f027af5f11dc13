/** What Node.js and this hook say with an error. */
export interface Failure extends NodeJS.ErrnoException {
  readonly address?: string;
  readonly port?: number;
  readonly hostname?: string;
  readonly hint?: string;
  /** Of a certificate that is not the host's. */
  readonly host?: string;
  readonly reason?: string;
  readonly cause?: Failure;
  /** Of an AggregateError. */
  readonly errors?: readonly Failure[];
}

/** The code of what was thrown or emitted, as Node.js gives it to errors. */
export const codeOf = (error: unknown): string | undefined => (error as Failure | undefined)?.code;
