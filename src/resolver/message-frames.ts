const LENGTH_OCTETS = 2;

/**
 * The messages of a TCP stream, each preceded by its length in two octets (RFC 1035 §4.2.2). Every octet is copied
 * once, however small the chunks are.
 */
export class MessageFrames {
  readonly #length = Buffer.alloc(LENGTH_OCTETS);
  #lengthSize = 0;
  #message: Buffer | undefined;
  #size = 0;
  #ended = 0;

  /** How many messages are complete. */
  get ended(): number {
    return this.#ended;
  }

  /** Whether an incomplete message has begun. */
  get inMessage(): boolean {
    return this.#lengthSize > 0;
  }

  /** Takes the next chunk and returns the messages that it completes. */
  push(chunk: Buffer): Buffer[] {
    const messages: Buffer[] = [];
    for (let at = 0; at < chunk.length; ) {
      if (this.#message === undefined) {
        this.#length[this.#lengthSize++] = chunk[at++] as number;
        if (this.#lengthSize < LENGTH_OCTETS) continue;
        this.#message = Buffer.allocUnsafe(this.#length.readUInt16BE(0));
        this.#size = 0;
      }
      const copied = chunk.copy(this.#message, this.#size, at);
      at += copied;
      this.#size += copied;
      if (this.#size < this.#message.length) continue;
      messages.push(this.#message);
      this.#message = undefined;
      this.#lengthSize = 0;
      this.#ended++;
    }
    return messages;
  }
}

/** A message in the form sent over TCP. */
export function framed(message: Buffer): Buffer {
  return Buffer.concat([Buffer.from([message.length >> 8, message.length & 255]), message]);
}
