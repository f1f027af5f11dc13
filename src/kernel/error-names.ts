import { getSystemErrorMap, getSystemErrorName } from 'node:util';

const names = new Map<number, string>();

/** The name of a libuv code, such as `ENETUNREACH`. Empty for an unknown one. */
export function nameOf(status: number): string {
  let name = names.get(status);
  if (name === undefined) {
    name = getSystemErrorMap().has(status) ? getSystemErrorName(status) : '';
    names.set(status, name);
  }
  return name;
}
