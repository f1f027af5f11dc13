import type { HookContext } from '../context';
import { textOf } from '../handle/address-text';
import { patchMethods } from '../patch';
import { TcpPorts } from '../ports/tcp-ports';
import { TcpConnects } from './connect';
import { TcpFacades } from './facade';
import { HandOvers } from './hand-over';
import { TcpListeners } from './listen';

/** The parts of the TCP hooks that other hooks need. */
export interface TcpHooks {
  readonly facades: TcpFacades;
  readonly listeners: TcpListeners;
  readonly handOvers: HandOvers;
}

/** Patches the TCP handle: IPv4 for the program, AF_INET6 for the kernel. */
export function patchTcp(context: HookContext): TcpHooks {
  const facades = new TcpFacades(context);
  const ports = new TcpPorts(facades.real, context, (handle) => listeners.carry(handle));
  facades.askNamesBy((handle, out) => ports.getsockname(handle, out));
  const connects = new TcpConnects(context, facades, ports);
  const listeners: TcpListeners = new TcpListeners(context, facades, ports);
  const { real } = facades;
  patchMethods(context.classes.Tcp.prototype, {
    connect(req, address, port) {
      const text = textOf(address);
      return text === undefined ? real.connect.call(this, req, address, port) : connects.connect(this, req, text, port);
    },
    connect6(req, address, port) {
      const text = textOf(address);
      return text === undefined
        ? real.connect6.call(this, req, address, port)
        : connects.connect6(this, req, text, port);
    },
    bind(address, port, flags) {
      const text = textOf(address);
      return text === undefined ? real.bind.call(this, address, port, flags) : listeners.bind(this, text, port, flags);
    },
    bind6(address, port, flags) {
      const text = textOf(address);
      return text === undefined
        ? real.bind6.call(this, address, port, flags)
        : listeners.bind6(this, text, port, flags);
    },
    listen(backlog) {
      return listeners.listen(this, backlog);
    },
    open(fd) {
      const status = real.open.call(this, fd);
      if (status === 0) facades.adoptDescriptor(this, fd);
      return status;
    },
  });
  return { facades, listeners, handOvers: new HandOvers(facades, ports) };
}
