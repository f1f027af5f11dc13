import type { HookContext } from '../context';
import { onTakeBack, patch } from '../patch';
import { warn } from '../warn';
import { NATIVE_PACKAGES, packagesOf } from './native-packages';

/**
 * Warns, once for each, of packages that open sockets in native code: v6only cannot reach those. Two ways to notice:
 * what is required by name (require-in-the-middle), and every native addon that is loaded, which ES modules cannot avoid
 * either (`process.dlopen`).
 */
export function watchPackages(context: HookContext): void {
  const tell = (name: string): void => {
    const found = NATIVE_PACKAGES.get(name);
    // Where IPv4 has a general route, such a package works as ever.
    if (found === undefined || context.translator.hasGeneralRoute()) return;
    const instead = found.instead === undefined ? '' : ` (${found.instead})`;
    const message =
      `${name} opens sockets in native code (${found.what}), which v6only cannot translate: its IPv4 connections will fail here. ` +
      `Give it IPv6 addresses or names with AAAA records${instead}, or run a CLAT on the host (464XLAT, RFC 6877)`;
    warn(message, 'V6ONLY_NATIVE_SOCKETS', context.policy.log);
  };
  if (!context.translator.hasGeneralRoute()) watchRequire(tell);
  watchAddons(tell);
}

/** By require-in-the-middle, which every `require` function goes through, that of `createRequire` too. */
function watchRequire(tell: (name: string) => void): void {
  const { Hook } = require('require-in-the-middle') as typeof import('require-in-the-middle');
  const names = [...NATIVE_PACKAGES].filter(([, found]) => !found.onlyByAddon).map(([name]) => name);
  const hook = new Hook(names, (exports, name) => {
    tell(name);
    return exports;
  });
  onTakeBack(() => hook.unhook());
}

/** Every addon goes through `process.dlopen(module, filename, flags)`, whoever asks for it. */
function watchAddons(tell: (name: string) => void): void {
  type Process = { dlopen(module: object, filename: string, ...rest: unknown[]): unknown };
  patch(process as unknown as Process, 'dlopen', (real) => {
    return function (this: Process, module, filename, ...rest) {
      for (const name of packagesOf(String(filename))) tell(name);
      return Reflect.apply(real, this, [module, filename, ...rest]);
    };
  });
}
