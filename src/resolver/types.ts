/** A question in a DNS message. Names are in presentation form without a final dot. The root is `.`. */
export interface Question {
  readonly name: string;
  /** `A`, `AAAA`, `PTR`, …. A type without a name is `TYPE65280` (RFC 3597 §5). */
  readonly type: string;
  /** In practice `IN`. A class without a name is `CLASS5`. */
  readonly class: string;
}

/** A resource record. The type decides the form of `data`: see `RecordData`. */
export interface ResourceRecord {
  readonly name: string;
  readonly type: string;
  readonly class: string;
  /** Seconds. */
  readonly ttl: number;
  readonly data: RecordData;
  /** The octets of the data as received, if they contain no name that may be compressed. They are encoded unchanged. */
  readonly raw?: Buffer;
}

/**
 * A and AAAA: the address in canonical text. CNAME, DNAME, NS, PTR: the name. SOA, MX, SRV and other types with names:
 * their fields. Other types: the data as dns-packet decodes it, or the octets if it does not know the type.
 */
export type RecordData = string | Buffer | readonly Buffer[] | SoaData | object;

/** All numbers but the serial are seconds. */
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

/**
 * A DNS message that has been checked: it has at most one question, every record is complete, every address is valid.
 */
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
  /** Without the OPT record, which is in `edns`. */
  readonly additionals: readonly ResourceRecord[];
  readonly edns: Edns | undefined;
  /** The length of the message as received. */
  readonly octets?: number;
}

/** A question and the bits that change its answer. */
export interface Query extends Question {
  /** DO: the client wants DNSSEC records. */
  readonly dnssecOk: boolean;
  /** CD: the client also wants answers that fail validation. */
  readonly checkingDisabled: boolean;
}

/** Anything that can answer a query: a client, a cache in front of it, or a test. */
export interface Upstream {
  /**
   * The checked answer, with any RCODE.
   * @throws DnsError if no server answered.
   */
  query(query: Query): Promise<Message>;
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

/** RCODEs that concern the server, not the name: another server may succeed. The question may be missing with them. */
export const SERVER_ERRORS: ReadonlySet<number> = new Set([RCODE.FORMERR, RCODE.SERVFAIL, RCODE.NOTIMP, RCODE.REFUSED]);

/** Whether an RCODE says something about the name, and not about the server. */
export function isVerdict(rcode: number): boolean {
  return rcode === RCODE.NOERROR || rcode === RCODE.NXDOMAIN;
}

/** A plain query for `name`, class IN, neither DO nor CD. */
export function queryFor(name: string, type: string): Query {
  return { name, type, class: 'IN', dnssecOk: false, checkingDisabled: false };
}
