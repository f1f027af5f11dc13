/** The part of Node's UDP handle that a probe uses. `bind` and `connect` return 0 or a negative libuv code. */
export interface ProbeHandle {
  bind(address: string, port: number, flags: number): number;
  bind6(address: string, port: number, flags: number): number;
  connect(address: string, port: number): number;
  disconnect(): number;
  getsockname(out: { address?: string }): number;
  unref(): void;
  close(): void;
}

export interface ProbeHandleClass {
  new (): ProbeHandle;
  readonly prototype: ProbeHandle;
}

/** UDP's connect sends nothing, so any port will do. This one is `discard`. */
export const PORT = 9;

/** Milliseconds without a question after which the socket for routes is closed. */
const IDLE_MS = 1000;

/**
 * Temporary UDP sockets that send nothing: whether they can be bound or connected answers a question. Questions for
 * routes share one socket as long as they come, because to make and close one costs three times as much as to ask.
 */
export class Probe {
  readonly #Udp: ProbeHandleClass;
  readonly real: ProbeHandle;
  #shared: ProbeHandle | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** `Udp` must not be patched yet. */
  constructor(Udp: ProbeHandleClass) {
    const { bind, bind6, connect, disconnect, getsockname, unref, close } = Udp.prototype;
    this.#Udp = Udp;
    this.real = { bind, bind6, connect, disconnect, getsockname, unref, close };
  }

  /** @param denied the answer if --permission forbids the network. The program's own call meets the same denial. */
  once<T>(ask: (handle: ProbeHandle) => T, denied: T): T {
    let handle: ProbeHandle | undefined;
    try {
      handle = new this.#Udp();
      return ask(handle);
    } catch {
      return denied;
    } finally {
      if (handle) this.real.close.call(handle);
    }
  }

  /** Connects to `ipv4`, and passes on what `connect` returned. */
  connected<T>(ipv4: string, ask: (status: number, handle: ProbeHandle) => T, denied: T): T {
    try {
      const handle = this.#take();
      const status = this.real.connect.call(handle, ipv4, PORT);
      try {
        return ask(status, handle);
      } finally {
        if (status === 0 && this.real.disconnect.call(handle) !== 0) this.#close();
      }
    } catch {
      return denied;
    }
  }

  #take(): ProbeHandle {
    if (this.#shared === undefined) {
      this.#shared = new this.#Udp();
      this.real.unref.call(this.#shared);
      this.#timer = setTimeout(() => this.#close(), IDLE_MS).unref();
    } else this.#timer?.refresh();
    return this.#shared;
  }

  #close(): void {
    clearTimeout(this.#timer);
    if (this.#shared) this.real.close.call(this.#shared);
    this.#shared = undefined;
  }
}
