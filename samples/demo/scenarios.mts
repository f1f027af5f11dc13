export type Role = 'server' | 'client';

/** A sample, what it asks the kernel for, and its arguments. */
export interface Sample {
  readonly sample: string;
  readonly asks: string;
  readonly args: readonly string[];
}

/** A server, the client that talks to it, and where. */
export interface Scenario extends Readonly<Record<Role, Sample>> {
  readonly protocol: 'tcp' | 'udp';
  readonly port: number;
}

/**
 * Which samples talk to each other, and what each of them asks the kernel for.
 * @param own an IPv4 address of the host itself
 * @param any what the servers listen on where they do not care
 */
export function scenarios(own: string, any = '0.0.0.0'): readonly Scenario[] {
  return [
    {
      protocol: 'udp',
      port: 4002,
      server: { sample: '1-2-receive-udp.js', asks: `udp4 bind ${any}:4002`, args: [any, '4002'] },
      client: { sample: '1-1-send-udp.js', asks: `udp4 send to ${own}:4002`, args: [own, '4002'] },
    },
    {
      protocol: 'tcp',
      port: 4003,
      server: { sample: '1-5-receive-tcp.js', asks: `listen on ${own}:4003`, args: [own, '4003'] },
      client: { sample: '1-3-connect-tcp.js', asks: `connect to ${own}:4003`, args: [own, '4003'] },
    },
    {
      protocol: 'tcp',
      port: 4005,
      server: { sample: '1-5-receive-tcp.js', asks: `listen on ${any}:4005`, args: [any, '4005'] },
      client: { sample: '1-4-send-tcp.js', asks: `connect to ${own}:4005`, args: [own, '4005'] },
    },
    {
      protocol: 'tcp',
      port: 4080,
      server: { sample: '2-1-http-server.mjs', asks: `listen on ${any}:4080`, args: [any, '4080'] },
      client: { sample: '2-2-http-client.mjs', asks: `fetch http://${own}:4080/`, args: [`http://${own}:4080/`] },
    },
    {
      protocol: 'udp',
      port: 4053,
      server: { sample: '3-1-name-server.mjs', asks: `udp4 bind ${own}:4053`, args: [own, '4053'] },
      client: { sample: '3-2-name-client.mjs', asks: `udp4 ask ${own}:4053`, args: [own, '4053'] },
    },
  ];
}
