// with-dns.ts ADDRESS[,ADDRESS] nat64|plain COMMAND [ARG...]: runs COMMAND beside a name server at port 53 of the addresses.
// It runs without the hook: it is the network's own.
import { spawn } from 'node:child_process';
import dgram from 'node:dgram';
import { once } from 'node:events';
import net from 'node:net';
import packet, { type Packet } from 'dns-packet';
import { answer, soa } from './zone.js';

const [addresses, network, command, ...args] = process.argv.slice(2) as [string, string, string, ...string[]];
const REFUSED = 5;
const NXDOMAIN = 3;

function reply(query: Buffer): Packet {
  const { id, questions, flags } = packet.decode(query);
  const [question] = questions;
  const records = question && answer(question.name, question.type, { nat64: network === 'nat64' });
  const inZone = /(^|\.)(example\.org|in-addr\.arpa|ipv4only\.arpa)$/i.test(question?.name ?? '');
  const code = records ? 0 : inZone ? NXDOMAIN : REFUSED;
  return {
    type: 'response',
    id,
    flags: (flags & packet.RECURSION_DESIRED) | packet.RECURSION_AVAILABLE | code,
    questions,
    answers: records ?? [],
    authorities: records?.length ? [] : [soa],
  };
}

for (const address of addresses.split(',')) {
  const udp = dgram.createSocket(net.isIPv4(address) ? 'udp4' : 'udp6');
  udp.on('message', (query, from) => udp.send(packet.encode(reply(query)), from.port, from.address));
  udp.bind(53, address);
  const tcp = net.createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (query: Buffer) => socket.end(packet.streamEncode(reply(query.subarray(2)))));
  });
  tcp.listen(53, address);
  await Promise.all([once(udp, 'listening'), once(tcp, 'listening')]);
}
const child = spawn(command, args, { stdio: 'inherit' });
child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
