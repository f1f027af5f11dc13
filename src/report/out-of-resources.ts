import fs from 'node:fs';

const NAMES: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM']);

/**
 * Whether an error of this name means that the process or the host is out of descriptors or memory. Such an error is never
 * a fact about the host or its network: the question could not be asked. What could not be asked is not remembered.
 */
export function isShortage(name: string): boolean {
  return NAMES.has(name);
}

/** The same of an error that was thrown, or of its cause. */
export function isOutOfResources(error: unknown): boolean {
  const { code, cause } = (error ?? {}) as { code?: unknown; cause?: unknown };
  if (typeof code === 'string' && isShortage(code)) return true;
  return cause !== undefined && isOutOfResources(cause);
}

/** What `read` returns, or `otherwise` if it throws. Undefined if it could not ask. */
export function factOr<T>(otherwise: T, read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    return isOutOfResources(error) ? undefined : otherwise;
  }
}

/** Whether no file can be opened now. For functions that do not report it. */
export function isOutOfDescriptors(): boolean {
  const isPossible = factOr(true, () => {
    fs.closeSync(fs.openSync(process.execPath, 'r'));
    return true;
  });
  return isPossible === undefined;
}
