// Tables whose keys are a type of their own: what `Object.keys` and `Object.entries` give of them.

export const keysOf = <T extends object>(table: T): (keyof T & string)[] => Object.keys(table) as (keyof T & string)[];

export const entriesOf = <T extends object>(table: T): [keyof T & string, NonNullable<T[keyof T]>][] =>
  Object.entries(table) as [keyof T & string, NonNullable<T[keyof T]>][];

/** Which of these somebody typed; a RangeError that says what there is where it is none. */
export function oneOf<T extends string>(known: readonly T[], what: string, text: string | undefined): T {
  const name = known.find((one) => one === text);
  if (name === undefined) throw new RangeError(`no ${what} '${text ?? ''}' in the lab, there are ${known.join(', ')}`);
  return name;
}
