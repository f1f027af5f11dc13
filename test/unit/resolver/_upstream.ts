// A zone in memory that answers as a recursive server does, and remembers what it was asked.
import { DnsError } from '../../../src/resolver/dns-error.js';
import type { Message, Query, RecordData, ResourceRecord, Upstream } from '../../../src/resolver/types.js';

export const record = (name: string, type: string, data: RecordData, ttl = 300): ResourceRecord => ({
  name,
  type,
  class: 'IN',
  ttl,
  data,
});

export const soa = (name = 'example.org', ttl = 120, minimum = ttl) =>
  record(
    name,
    'SOA',
    { mname: `ns.${name}`, rname: `admin.${name}`, serial: 1, refresh: 2, retry: 3, expire: 4, minimum },
    ttl,
  );

export const message = (overrides: Partial<Message> = {}): Message => ({
  id: 0,
  response: true,
  opcode: 0,
  rcode: 0,
  authoritative: false,
  truncated: false,
  recursionDesired: true,
  recursionAvailable: true,
  authenticData: false,
  checkingDisabled: false,
  question: undefined,
  answers: [],
  authorities: [],
  additionals: [],
  edns: undefined,
  ...overrides,
});

export const noData = (...authorities: ResourceRecord[]) => message({ authorities });
export const answers = (...records: ResourceRecord[]) => message({ answers: records });
export const failure = (rcode: number, overrides: Partial<Message> = {}) => message({ rcode, ...overrides });
export const TIMEOUT = 'TIMEOUT';
export type Reply = Message | typeof TIMEOUT;

/** `replies` maps `'name TYPE'`, or `'name TYPE cd'` with CD set, to a message or TIMEOUT; anything else is NODATA. */
export function upstream(replies: Record<string, Reply> = {}): Upstream & { asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    async query(query) {
      const key = `${query.name.toLowerCase()} ${query.type}`;
      asked.push(key + (query.checkingDisabled ? ' cd' : '') + (query.dnssecOk ? ' do' : ''));
      const reply = (query.checkingDisabled ? replies[`${key} cd`] : undefined) ?? replies[key] ?? noData(soa());
      if (reply === TIMEOUT) throw new DnsError('ETIMEOUT', query.type, query.name);
      return { ...reply, question: { name: query.name, type: query.type, class: query.class } };
    },
  };
}

export const ask = (name: string, type: string, bits: Partial<Query> = {}): Query => ({
  name,
  type,
  class: 'IN',
  dnssecOk: false,
  checkingDisabled: false,
  ...bits,
});

/** `'name TYPE data'` of each answer. */
export const lines = (msg: Message) => msg.answers.map((r) => `${r.name} ${r.type} ${r.data}`);
export const data = (msg: Message, type: string) => msg.answers.filter((r) => r.type === type).map((r) => r.data);
