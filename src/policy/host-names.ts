import { domainToASCII } from 'node:url';

/** A host name as rules compare it: lower case, ASCII (RFC 5891), without the final dot. */
export function normalizeHost(host: string): string {
  const ascii = /^[\x20-\x7e]*$/.test(host) ? host.toLowerCase() : domainToASCII(host);
  return ascii.endsWith('.') ? ascii.slice(0, -1) : ascii;
}

/** RFC 1035 §2.3.4, without the final dot. */
export const MAX_NAME_LENGTH = 253;

/**
 * Whether a normalized text is a host name: labels of at most 63 octets, 253 in total. A numeric last label would make
 * it an address.
 */
export function isHostName(host: string): boolean {
  return (
    host.length <= MAX_NAME_LENGTH &&
    /^(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*(?!\d+$)[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/.test(host)
  );
}

/** The part of `*.example.org` after the star, `.example.org`; undefined for any other glob. */
export function suffixOf(glob: string): string | undefined {
  const rest = glob.slice(1);
  return glob.startsWith('*.') && isHostName(rest.slice(1)) ? rest : undefined;
}

/** Each star and each group of alternatives multiplies the ways to match. With more, one name could take seconds. */
export const MAX_STARS = 3;

/** Whether a normalized text is a glob of host names that v6only accepts. */
export function isHostGlob(glob: string): boolean {
  if (!/^[a-z0-9_.*?{},[\]-]+$/.test(glob) || glob.length > MAX_NAME_LENGTH) return false;
  return glob.split('*').length - 1 <= MAX_STARS && glob.split('{').length - 1 <= MAX_STARS;
}

/** Makes the matcher of a glob for normalized host names. picomatch is loaded only for a complex glob. */
export function compileGlob(glob: string): (host: string) => boolean {
  if (glob === '*') return () => true;
  const suffix = suffixOf(glob);
  if (suffix !== undefined) return (host) => host.length > suffix.length && host.endsWith(suffix);
  // Loaded now: when the program compares a name, it may have no descriptor left to read a file with.
  const picomatch = require('picomatch') as typeof import('picomatch');
  let matches: ((host: string) => boolean) | undefined;
  return (host) => {
    matches ??= picomatch(glob, { dot: true, nonegate: true, strictBrackets: false });
    return matches(host);
  };
}
