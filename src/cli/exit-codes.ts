/** Exit codes of the command. `run`, `audit` and `simulate` exit with the code of the program instead. */
export const EXIT = {
  /** No problem was found. */
  ok: 0,
  /** A problem was found: a faulty policy, a network fault, an address without a route. */
  bad: 1,
  /** The command line is invalid, or the program was not started. */
  usage: 2,
} as const;

/** The exit code that shells report for a program that a signal ended. */
export const exitCodeOfSignal = (signalNumber: number): number => 128 + signalNumber;
