import type { HookContext } from '../context';
import { textOf } from '../handle/address-text';
import type { ConnectRequest, TcpHandle } from '../node-internals';
import { patch, type Undo } from '../patch';
import { TcpPorts } from '../ports/tcp-ports';
import { TcpConnects } from './connect';
import { TcpFacades } from './facade';
import { TcpListeners } from './listen';

/** The parts of the TCP hooks that other hooks need. */
export interface TcpHooks {
  readonly facades: TcpFacades;
  readonly listeners: TcpListeners;
  readonly undo: Undo[];
}

/** Patches the TCP handle: IPv4 for the program, AF_INET6 for the kernel. */
export function patchTcp(context: HookContext): TcpHooks {
  const facades = new TcpFacades(context);
  const ports = new TcpPorts(facades.real, context, (handle) => listeners.carry(handle));
  facades.askNamesBy((handle, out) => ports.getsockname(handle, out));
  const connects = new TcpConnects(context, facades, ports);
  const listeners: TcpListeners = new TcpListeners(context, facades, ports);
  const p = context.classes.Tcp.prototype;
  const undo = [
    patch(
      p,
      'connect',
      () =>
        ({
          connect(this: TcpHandle, req: ConnectRequest, address: string, port: number) {
            const text = textOf(address);
            if (text === undefined) return facades.real.connect.call(this, req, address, port);
            return connects.connect(this, req, text, port);
          },
        }).connect,
    ),
    patch(
      p,
      'connect6',
      () =>
        ({
          connect6(this: TcpHandle, req: ConnectRequest, address: string, port: number) {
            const text = textOf(address);
            if (text === undefined) return facades.real.connect6.call(this, req, address, port);
            return connects.connect6(this, req, text, port);
          },
        }).connect6,
    ),
    patch(
      p,
      'bind',
      () =>
        ({
          bind(this: TcpHandle, address: string, port: number, flags?: number) {
            const text = textOf(address);
            if (text === undefined) return facades.real.bind.call(this, address, port, flags);
            return listeners.bind(this, text, port, flags);
          },
        }).bind,
    ),
    patch(
      p,
      'bind6',
      () =>
        ({
          bind6(this: TcpHandle, address: string, port: number, flags?: number) {
            const text = textOf(address);
            if (text === undefined) return facades.real.bind6.call(this, address, port, flags);
            return listeners.bind6(this, text, port, flags);
          },
        }).bind6,
    ),
    patch(
      p,
      'listen',
      () =>
        ({
          listen(this: TcpHandle, backlog: number) {
            return listeners.listen(this, backlog);
          },
        }).listen,
    ),
    patch(
      p,
      'open',
      (real) =>
        ({
          open(this: TcpHandle, fd: number) {
            const status = real.call(this, fd);
            if (status === 0) facades.adoptDescriptor(this, fd);
            return status;
          },
        }).open,
    ),
  ];
  return { facades, listeners, undo };
}
