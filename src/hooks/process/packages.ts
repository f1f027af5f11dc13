import Module from 'node:module';
import type { HookContext } from '../context';
import { onTakeBack, patch } from '../patch';
import { warn } from '../warn';
import { NATIVE_PACKAGES, packagesOf } from './native-packages';

/**
 * Warns once about each package that opens sockets in native code, which v6only cannot translate. There are two ways to
 * detect one: by its name when it is required (require-in-the-middle), and when its native addon is loaded
 * (`process.dlopen`), which also covers ES modules.
 */
export function watchPackages(context: HookContext): void {
  const tell = (name: string): void => {
    const found = NATIVE_PACKAGES.get(name);
    // With a general IPv4 route such a package works.
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

/** Uses require-in-the-middle, which sees every `require` function, that of `createRequire` too. */
function watchRequire(tell: (name: string) => void): void {
  const { Hook } = require('require-in-the-middle') as typeof import('require-in-the-middle');
  const names = [...NATIVE_PACKAGES].filter(([, found]) => !found.onlyByAddon).map(([name]) => name);
  const { require: real } = Module.prototype;
  try {
    const hook = new Hook(names, (exports, name) => {
      tell(name);
      return exports;
    });
    onTakeBack(() => hook.unhook());
  } catch (error) {
    // It assigns to require, then to process.getBuiltinModule, which other code may have frozen.
    Module.prototype.require = real;
    throw error;
  }
}

/** Every addon is loaded by `process.dlopen(module, filename, flags)`, from CommonJS and from ES modules. */
function watchAddons(tell: (name: string) => void): void {
  type Process = { dlopen(module: object, filename: string, ...rest: unknown[]): unknown };
  patch(process as unknown as Process, 'dlopen', (real) => {
    return function (this: Process, module, filename, ...rest) {
      for (const name of packagesOf(String(filename))) tell(name);
      return Reflect.apply(real, this, [module, filename, ...rest]);
    };
  });
}
