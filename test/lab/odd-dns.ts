// Answers that no name server gives willingly, for names below odd.example.org. Usage: node odd-dns.js ADDRESS PORT
import dgram from 'node:dgram';

const [address, port] = process.argv.slice(2) as [string, string];
const TYPE = { A: 1, NS: 2, SOA: 6, AAAA: 28 };
const RCODE = new Map([
  ['formerr', 1],
  ['servfail', 2],
  ['nxdomain', 3],
  ['notimp', 4],
  ['refused', 5],
]);
const NXDOMAIN = 3;
const TTL_SECONDS = 300;
const ZONE = 'odd.example.org';

interface Asked {
  readonly name: string;
  readonly type: number;
  readonly query: Buffer;
  /** Where its question ends in `query`. */
  readonly questionEnd: number;
}

/** What a message says beside its question. */
interface Parts {
  readonly rd?: number;
  readonly rcode?: number;
  readonly tc?: number;
  readonly answers?: readonly Buffer[];
  readonly authority?: readonly Buffer[];
}

/**
 * What each name does to an AAAA question (an A question is answered with 1.2.3.4 unless said otherwise):
 * an RCODE's name: that error; `silent`: no answer at all; `slow`: an answer after 1.5 s; `nosoa`: an empty answer without
 * SOA; `wrongtype`: an A record; `truncated`: TC set, and there is no TCP here; `garbage`: a message cut short;
 * `otherid`: the right answer under a wrong id; `othername`: the answer to another question; `dead`: no answer to A either.
 * Any other name: an ordinary A-only name.
 */
function answerTo({ name, type, query, questionEnd }: Asked): Buffer | undefined {
  const label =
    name
      .slice(0, -ZONE.length - 1)
      .split('.')
      .at(-1) ?? '';
  const question = query.subarray(12, questionEnd);
  const reply = (parts: Parts) => message(query.readUInt16BE(0), question, { rd: query.readUInt8(2) & 1, ...parts });
  if (name === ZONE && type === TYPE.NS) return reply({ answers: [record(TYPE.NS, encodeName(`ns.${ZONE}`))] });
  if (name === ZONE && type === TYPE.SOA) return reply({ answers: [soa()] });
  if (name === ZONE) return reply({ authority: [soa()] });
  // A resolver asks for its server's own address as well, and believes this answer more than the delegation's glue.
  if (name === `ns.${ZONE}` && type === TYPE.A) return reply({ answers: [record(TYPE.A, octets(address), question)] });
  if (label === 'dead') return undefined;
  if (type === TYPE.A) return reply({ answers: [record(TYPE.A, octets('1.2.3.4'), question)] });
  if (type !== TYPE.AAAA) return reply({ authority: [soa()] });
  if (label === 'silent') return undefined;
  if (label === 'nosoa') return reply({});
  if (label === 'wrongtype') return reply({ answers: [record(TYPE.A, octets('1.2.3.4'), question)] });
  if (label === 'truncated') return reply({ tc: 1 });
  if (label === 'garbage') return reply({ authority: [soa()] }).subarray(0, questionEnd + 7);
  if (label === 'otherid') return message(query.readUInt16BE(0) ^ 1, question, { authority: [soa()] });
  if (label === 'othername') {
    const other = Buffer.concat([encodeName(`other.${ZONE}`), question.subarray(-4)]);
    return message(query.readUInt16BE(0), other, { authority: [soa()] });
  }
  const rcode = RCODE.get(label);
  return reply({ rcode: rcode ?? 0, authority: rcode === undefined || rcode === NXDOMAIN ? [soa()] : [] });
}

function message(
  id: number,
  question: Buffer,
  { rd = 0, rcode = 0, tc = 0, answers = [], authority = [] }: Parts,
): Buffer {
  const header = Buffer.alloc(12);
  header.writeUInt16BE(id, 0);
  header.writeUInt16BE(0x8400 | (tc << 9) | (rd << 8) | rcode, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(answers.length, 6);
  header.writeUInt16BE(authority.length, 8);
  return Buffer.concat([header, question, ...answers, ...authority]);
}

/** A record owned by the question's name, or by the zone where there is no question. */
function record(type: number, data: Buffer, question?: Buffer): Buffer {
  const owner = question ? question.subarray(0, -4) : encodeName(ZONE);
  const fixed = Buffer.alloc(10);
  fixed.writeUInt16BE(type, 0);
  fixed.writeUInt16BE(1, 2);
  fixed.writeUInt32BE(TTL_SECONDS, 4);
  fixed.writeUInt16BE(data.length, 8);
  return Buffer.concat([owner, fixed, data]);
}

function soa(): Buffer {
  const numbers = Buffer.alloc(20);
  [1, 3600, 600, 86400, 120].forEach((value, index) => {
    numbers.writeUInt32BE(value, index * 4);
  });
  return record(TYPE.SOA, Buffer.concat([encodeName(`ns.${ZONE}`), encodeName(`hostmaster.${ZONE}`), numbers]));
}

const octets = (ipv4: string): Buffer => Buffer.from(ipv4.split('.').map(Number));

function encodeName(name: string): Buffer {
  const labels = name.split('.').map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)]));
  return Buffer.concat([...labels, Buffer.from([0])]);
}

/** The question of a query, undefined when it is not one. */
function parse(query: Buffer): Asked | undefined {
  if (query.length < 17 || query.readUInt8(2) & 0x80 || query.readUInt16BE(4) !== 1) return undefined;
  const labels: string[] = [];
  let at = 12;
  for (let length = query.readUInt8(at); length > 0; length = query.readUInt8(at)) {
    const end = at + 1 + length;
    if (length > 63 || end >= query.length) return undefined;
    labels.push(query.toString('latin1', at + 1, end));
    at = end;
  }
  if (at + 5 > query.length) return undefined;
  return { name: labels.join('.').toLowerCase(), type: query.readUInt16BE(at + 1), query, questionEnd: at + 5 };
}

const socket = dgram.createSocket(address.includes(':') ? 'udp6' : 'udp4');
socket.on('message', (query, peer) => {
  const question = parse(query);
  const answer = question && answerTo(question);
  if (!question || !answer) return;
  const delayMs = /(^|\.)slow\.odd\./.test(question.name) && question.type === TYPE.AAAA ? 1500 : 0;
  setTimeout(() => socket.send(answer, peer.port, peer.address), delayMs);
});
socket.bind(Number(port), address);
