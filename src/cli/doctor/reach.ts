import dgram from 'node:dgram';
import net from 'node:net';

/** The result of an attempt to reach a host. */
export interface Outcome {
  /** Whether the host itself answered, even if only with a refusal. */
  readonly answered: boolean;
  /** `connected`, `no answer`, or the code of the error. */
  readonly outcome: string;
}

/** Opens a TCP connection and closes it at once. */
export function reach(address: string, port: number, timeoutMs: number): Promise<Outcome> {
  return new Promise((resolve) => {
    const socket = net.connect({ host: address, port });
    const settle = (answered: boolean, outcome: string) => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ answered, outcome });
    };
    const timer = setTimeout(() => settle(false, 'no answer'), timeoutMs);
    socket.once('connect', () => settle(true, 'connected'));
    socket.once('error', ({ code = 'failed' }: NodeJS.ErrnoException) => settle(code === 'ECONNREFUSED', code));
  });
}

/**
 * Sends a request of `octets` over a TCP connection. Most services reply or close the connection. Either counts as an
 * answer.
 */
export function converse(address: string, port: number, octets: number, timeoutMs: number): Promise<Outcome> {
  return new Promise((resolve) => {
    const socket = net.connect({ host: address, port });
    const settle = (answered: boolean, outcome: string) => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ answered, outcome });
    };
    const timer = setTimeout(() => settle(false, 'no answer'), timeoutMs);
    const head = 'GET / HTTP/1.0\r\nX-Padding: ';
    socket.once('connect', () => socket.write(`${head.padEnd(octets - 4, '-')}\r\n\r\n`));
    socket.once('data', () => settle(true, 'an answer'));
    socket.once('end', () => settle(true, 'closed'));
    socket.once('error', ({ code = 'failed' }: NodeJS.ErrnoException) => settle(code === 'ECONNRESET', code));
  });
}

/** Whether this process may send IPv6 at all. Returns the error code of an empty datagram, or undefined. */
export function sendDatagram(address: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = dgram.createSocket('udp6');
    const settle = (code: string | undefined) => {
      socket.close();
      resolve(code);
    };
    socket.on('error', ({ code }: NodeJS.ErrnoException) => settle(code));
    socket.send('', port, address, (error) => settle((error as NodeJS.ErrnoException | null)?.code));
  });
}
