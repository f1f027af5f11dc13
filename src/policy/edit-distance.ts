/**
 * The edit distance of two words. Insertions, deletions, replacements and swaps of adjacent characters count as one
 * each.
 */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min(at(last, j) + 1, at(row, j - 1) + 1, at(last, j - 1) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, at(beforeLast, j - 2) + 1);
      row.push(cost);
    }
    beforeLast = last;
    last = row;
  }
  return at(last, b.length);
}

const at = (row: readonly number[], index: number): number => row[index] as number;

/**
 * The word of `words` that `text` was most likely meant to be, or undefined if none is close. A word of six letters may have
 * two faults, a shorter one has one: with two, "on" would be "off". Digits may be missing, but are never taken for others:
 * "ipv6" is not a mistyped "ipv4".
 */
export function nearest(text: string, words: readonly string[]): string | undefined {
  // A longer text cannot be a mistyped word.
  const candidate = text.slice(0, 64).toLowerCase();
  let best: string | undefined;
  let bestDistance = Infinity;
  for (const word of words) {
    const limit = Math.max(1, Math.floor(Math.max(candidate.length, word.length) / 3));
    // A policy may have thousands of unknown keys, and the distance is at least the difference of the lengths.
    if (Math.abs(candidate.length - word.length) > limit || !hasItsDigits(candidate, word)) continue;
    const distance = editDistance(candidate, word.toLowerCase());
    if (distance <= limit && distance < bestDistance) [best, bestDistance] = [word, distance];
  }
  return best;
}

/** Whether the digits of `text` are those of `word`, in their order, or some of them. */
function hasItsDigits(text: string, word: string): boolean {
  let at = 0;
  for (const character of text) {
    if (character < '0' || character > '9') continue;
    at = word.indexOf(character, at) + 1;
    if (at === 0) return false;
  }
  return true;
}
