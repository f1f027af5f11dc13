import type { HookContext } from './context';
import { NATIVE_PACKAGES, packagesOf } from './native-packages';
import { patch, type Undo } from './patch';
import { warn } from './warn';

/**
 * Warns, once for each, of packages that open sockets in native code: v6only cannot reach those. Two ways to notice:
 * what is required by name (require-in-the-middle), and every native addon that is loaded, which ES modules cannot avoid
 * either (`process.dlopen`).
 */
export function watchPackages(context: HookContext): Undo[] {
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
  // require-in-the-middle costs about 2 ms at start: only where there may be something to tell.
  return context.translator.hasGeneralRoute() ? [watchAddons(tell)] : [watchRequire(tell), watchAddons(tell)];
}

function watchRequire(tell: (name: string) => void): Undo {
  const { Hook } = require('require-in-the-middle') as typeof import('require-in-the-middle');
  const names = [...NATIVE_PACKAGES].filter(([, found]) => !found.onlyByAddon).map(([name]) => name);
  const hook = new Hook(names, (exports, name) => {
    tell(name);
    return exports;
  });
  return () => hook.unhook();
}

/** Every addon goes through `process.dlopen(module, filename, flags)`, whoever asks for it. */
function watchAddons(tell: (name: string) => void): Undo {
  return patch(
    process as unknown as { dlopen(module: object, filename: string, ...rest: unknown[]): unknown },
    'dlopen',
    (real) =>
      ({
        dlopen(this: unknown, module: object, filename: string, ...rest: unknown[]): unknown {
          for (const name of packagesOf(String(filename))) tell(name);
          return Reflect.apply(real, this, [module, filename, ...rest]);
        },
      }).dlopen,
  );
}
