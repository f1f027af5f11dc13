import Module from 'node:module';
import type { HookContext } from './context';
import { NATIVE_PACKAGES, packageNamed, packagesOf } from './native-packages';
import { patch } from './patch';
import { warn } from './warn';

/**
 * Warns, once for each, of packages that open sockets in native code: v6only cannot reach those. Two ways to notice:
 * what is required by name, and every native addon that is loaded, which ES modules cannot avoid
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

/** Every `require` function, that of `createRequire` too, calls this one. */
function watchRequire(tell: (name: string) => void): void {
  type Requiring = { require(id: string): unknown };
  patch(Module.prototype as unknown as Requiring, 'require', (real) => {
    return function (this: Requiring, id) {
      const exports = Reflect.apply(real, this, [id]);
      const name = typeof id === 'string' ? packageNamed(id) : undefined;
      if (name !== undefined && !NATIVE_PACKAGES.get(name)?.onlyByAddon) tell(name);
      return exports;
    };
  });
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
