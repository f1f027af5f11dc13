/**
 * Gives one object a function of its own. A function that is written right of `object.key =` V8 makes in the old generation
 * (it takes it for part of a class): all that it closes over, the handle and its socket, would then outlive the object until a
 * full collection. What is passed to a function first is made in the young one. The linter keeps `src/hooks` to this.
 */
export function setMethod<T extends object, K extends keyof T>(object: T, key: K, method: T[K]): void {
  object[key] = method;
}
