// The part of dns-packet that tests use. It has no types of its own.
declare module 'dns-packet' {
  export interface Question {
    name: string;
    type: string;
    class?: string;
  }

  export interface Option {
    code: number;
    data: Buffer;
  }

  export interface Answer extends Question {
    ttl?: number;
    data?: unknown;
    /** Of an OPT pseudo-record. */
    udpPayloadSize?: number;
    options?: Option[];
  }

  export interface Packet {
    id?: number;
    type?: 'query' | 'response';
    flags?: number;
    questions?: Question[];
    answers?: Answer[];
    authorities?: Answer[];
    additionals?: Answer[];
  }

  export interface Decoded extends Required<Packet> {
    rcode: string;
  }

  const packet: {
    RECURSION_DESIRED: number;
    RECURSION_AVAILABLE: number;
    AUTHENTIC_DATA: number;
    encode(packet: Packet): Buffer;
    decode(bytes: Buffer, offset?: number): Decoded;
    streamEncode(packet: Packet): Buffer;
    streamDecode(bytes: Buffer): Decoded;
  };
  export default packet;
}
