import dgram from 'node:dgram';
import net from 'node:net';

/** What became of an attempt to reach somebody. */
export interface Outcome {
  /** Whether the other side itself answered, be it by a refusal. */
  readonly answered: boolean;
  /** `connected`, `no answer`, or the code of the error. */
  readonly outcome: string;
}

/** A TCP connection, closed at once. */
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
 * A TCP connection over which a request of `octets` is sent. Most services say something to it, or close the connection:
 * either is an answer.
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

/** Whether this process may send IPv6 at all: the code of the error of an empty datagram, or undefined. */
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
