/** A question as it stands in a DNS message. Names are in presentation form, without the dot at the end; the root is `.`. */
export interface Question {
  readonly name: string;
  /** `A`, `AAAA`, `PTR`, …; a type that has no name here is `TYPE65280` (RFC 3597 §5). */
  readonly type: string;
  /** `IN` for all practical purposes; `CLASS5` for what has no name here. */
  readonly class: string;
}

/** A resource record. What `data` is depends on the type: see `RecordData`. */
export interface ResourceRecord {
  readonly name: string;
  readonly type: string;
  readonly class: string;
  /** Seconds. */
  readonly ttl: number;
  readonly data: RecordData;
  /** The octets of the data as received, where they hold no name that may be compressed: encoded again unchanged. */
  readonly raw?: Buffer;
}

/**
 * A and AAAA: the address in canonical text. CNAME, DNAME, NS, PTR: the name. SOA, MX, SRV and other types with names in
 * them: their fields. Other types: what dns-packet makes of them; the octets for types that it does not know.
 */
export type RecordData = string | Buffer | readonly Buffer[] | SoaData | object;

/** Numbers are seconds, but for the serial. */
export interface SoaData {
  readonly mname: string;
  readonly rname: string;
  readonly serial: number;
  readonly refresh: number;
  readonly retry: number;
  readonly expire: number;
  readonly minimum: number;
}

/** The OPT pseudo-record (RFC 6891). */
export interface Edns {
  /** Octets that the sender can receive over UDP. */
  readonly udpPayloadSize: number;
  readonly version: number;
  /** DO: the sender wants DNSSEC records (RFC 3225). */
  readonly dnssecOk: boolean;
  readonly options: readonly EdnsOption[];
}

export interface EdnsOption {
  readonly code: number;
  readonly data: Buffer;
}

/** A DNS message that has been checked: one question at most, every record whole, every address an address. */
export interface Message {
  readonly id: number;
  readonly response: boolean;
  readonly opcode: number;
  /** With the upper bits of the OPT record (RFC 6891 §6.1.3). */
  readonly rcode: number;
  readonly authoritative: boolean;
  readonly truncated: boolean;
  readonly recursionDesired: boolean;
  readonly recursionAvailable: boolean;
  readonly authenticData: boolean;
  readonly checkingDisabled: boolean;
  readonly question: Question | undefined;
  readonly answers: readonly ResourceRecord[];
  readonly authorities: readonly ResourceRecord[];
  /** Without the OPT record, which is `edns`. */
  readonly additionals: readonly ResourceRecord[];
  readonly edns: Edns | undefined;
  /** How long it was as received. */
  readonly octets?: number;
}

/** What is asked of an upstream: a question and the bits that change its answer. */
export interface Query extends Question {
  /** DO: DNSSEC records wanted. */
  readonly dnssecOk: boolean;
  /** CD: answers that fail validation wanted too. */
  readonly checkingDisabled: boolean;
}

/** Whoever can answer a query: a client, a cache in front of it, a test. */
export interface Upstream {
  /**
   * The checked answer, whatever its RCODE.
   * @throws DnsError when no server gave an answer.
   */
  query(query: Query, signal?: AbortSignal): Promise<Message>;
}

export const RCODE = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
  YXDOMAIN: 6,
  BADVERS: 16,
} as const;

/** A plain query for `name`, class IN, neither DO nor CD. */
export function queryFor(name: string, type: string): Query {
  return { name, type, class: 'IN', dnssecOk: false, checkingDisabled: false };
}
