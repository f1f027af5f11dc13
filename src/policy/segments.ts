/** An inclusive range of integers that belongs to one item of an ordered list. */
export interface Span {
  readonly first: number;
  readonly last: number;
  /** Whether nothing after this one matters where it lies. */
  readonly final: boolean;
}

/**
 * Disjoint segments in ascending order. Segment i reaches from `starts[i]` to before `starts[i + 1]`; `owners[i]` are the
 * spans over it, in their order, up to the first final one.
 */
export interface Segments {
  readonly starts: readonly number[];
  readonly owners: readonly (readonly number[])[];
}

/** Cuts overlapping spans into disjoint segments, so that a lookup is one binary search however many spans there are. */
export function cutIntoSegments(spans: readonly Span[]): Segments {
  const starts = [...new Set(spans.flatMap(({ first, last }) => [first, last + 1]))].sort((a, b) => a - b);
  const indexOf = new Map(starts.map((start, index) => [start, index]));
  const owners: number[][] = starts.map(() => []);
  // open[i] leads to the first segment from i on that no final span covers yet.
  const open = starts.map((_, index) => index);
  open.push(starts.length);
  const nextOpen = (from: number): number => {
    let root = from;
    while (open[root] !== root) root = open[root] as number;
    for (let i = from; i !== root; ) [i, open[i]] = [open[i] as number, root];
    return root;
  };
  for (const [item, { first, last, final }] of spans.entries()) {
    const end = indexOf.get(last + 1) as number;
    for (let i = nextOpen(indexOf.get(first) as number); i < end; i = nextOpen(i + 1)) {
      owners[i]?.push(item);
      if (final) open[i] = i + 1;
    }
  }
  return { starts, owners };
}

/** Where a value is among ascending numbers. A table of evenly spaced buckets leaves only few to search, however many there are. */
export class SegmentIndex {
  readonly #starts: Float64Array;
  readonly #first: number;
  readonly #step: number;
  /** Bucket b begins at segment `buckets[b]`. */
  readonly #buckets: Uint32Array;

  constructor(starts: readonly number[]) {
    this.#starts = Float64Array.from(starts);
    this.#first = starts[0] ?? 0;
    const count = starts.length * 2 + 1;
    this.#step = Math.max(1, Math.ceil(((starts.at(-1) ?? 0) - this.#first + 1) / count));
    this.#buckets = new Uint32Array(count + 1).fill(starts.length);
    let bucket = 0;
    for (const [segment, start] of starts.entries()) {
      const own = Math.floor((start - this.#first) / this.#step);
      for (; bucket <= own; bucket++) this.#buckets[bucket] = segment;
    }
  }

  /** The index of the segment that `value` is in: the last that starts at or before it. -1 where it is before all. */
  find(value: number): number {
    const offset = value - this.#first;
    if (!(offset >= 0)) return -1;
    const starts = this.#starts;
    const bucket = Math.floor(offset / this.#step);
    if (bucket + 1 >= this.#buckets.length) return starts.length - 1;
    // From the first start of this bucket to the first of the next.
    let low = this.#buckets[bucket] as number;
    let high = this.#buckets[bucket + 1] as number;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((starts[middle] as number) <= value) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}
