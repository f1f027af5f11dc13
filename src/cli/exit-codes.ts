/** What the command ends with. `run`, `audit` and `simulate` end with the program's own code instead. */
export const EXIT = {
  /** All is well. */
  ok: 0,
  /** The answer is bad news: a faulty policy, a fault of the network, an address that leads nowhere. */
  bad: 1,
  /** The command line was wrong. */
  usage: 2,
} as const;

/** As shells tell of a program that a signal ended. */
export const exitCodeOfSignal = (signalNumber: number): number => 128 + signalNumber;
