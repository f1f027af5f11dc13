/** When the program of the soak test is measured. */
export const TIMES = ['start', 'middle', 'end'] as const;
export type Time = (typeof TIMES)[number];

/** What it has then: bytes, and a number of descriptors. It prints them as a line of JSON. */
export interface Measured {
  readonly at: Time;
  readonly heap: number;
  readonly rss: number;
  readonly descriptors: number;
}
export type Metric = Exclude<keyof Measured, 'at'>;
