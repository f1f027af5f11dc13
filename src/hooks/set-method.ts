/**
 * Gives one object its own method. V8 allocates a function literal on the right side of `object.key =` in the old
 * generation, because it takes it for part of a class. Everything in its closure, the handle and its socket, would then
 * survive until a full collection. A function that is passed as an argument first is allocated in the young generation.
 * A linter rule enforces this in `src/hooks`.
 */
export function setMethod<T extends object, K extends keyof T>(object: T, key: K, method: T[K]): void {
  object[key] = method;
}
