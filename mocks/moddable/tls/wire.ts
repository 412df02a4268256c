/** What a server says in the clear until its ChangeCipherSpec (TLS 1.2, RFC 5246 §7.3), record by record. */

const RECORD_HEADER_BYTES = 5;
/** Of a record behind its header (RFC 5246 §6.2.3). */
const MAX_RECORD_BYTES = 16_384 + 2_048;
const RECORD = { changeCipherSpec: 20, alert: 21, handshake: 22 } as const;
const MESSAGE = { certificate: 11, certificateRequest: 13 } as const;
const MESSAGE_HEADER_BYTES = 4;

export class Wire {
  #unread: Buffer = Buffer.alloc(0);
  #messages: Buffer = Buffer.alloc(0);
  #isEncrypted = false;
  /** DER, in the order that they were sent in. */
  chain: readonly Buffer[] | undefined;
  asksForCertificate = false;
  /** Of an alert that ends the connection. */
  alert: number | undefined;

  /** @returns how many of the bytes belong to the record that has come first */
  take(bytes: Uint8Array): number {
    const before = this.#unread.length;
    const all = Buffer.concat([this.#unread, bytes]);
    const length = recordLength(all);
    this.#unread = all.subarray(0, length);
    return this.#unread.length - before;
  }

  /** @returns the record, where it has come whole. @throws RangeError for one that is longer than any */
  record(): Buffer | undefined {
    const record = this.#unread;
    if (record.length < RECORD_HEADER_BYTES) return undefined;
    if (record.readUInt16BE(3) > MAX_RECORD_BYTES) throw new RangeError("a long record");
    if (record.length < RECORD_HEADER_BYTES + record.readUInt16BE(3)) return undefined;
    this.#unread = Buffer.alloc(0);
    this.#see(record[0]!, record.subarray(RECORD_HEADER_BYTES));
    return record;
  }

  #see(type: number, content: Buffer): void {
    if (this.#isEncrypted) return;
    if (type === RECORD.changeCipherSpec) this.#isEncrypted = true;
    else if (type === RECORD.alert && content[0] === 2) this.alert = content[1];
    else if (type === RECORD.handshake) this.#seeMessages(Buffer.concat([this.#messages, content]));
  }

  #seeMessages(bytes: Buffer): void {
    let rest = bytes;
    while (rest.length >= MESSAGE_HEADER_BYTES && rest.length >= MESSAGE_HEADER_BYTES + rest.readUIntBE(1, 3)) {
      const body = rest.subarray(MESSAGE_HEADER_BYTES, MESSAGE_HEADER_BYTES + rest.readUIntBE(1, 3));
      if (rest[0] === MESSAGE.certificate) this.chain = chainIn(body);
      if (rest[0] === MESSAGE.certificateRequest) this.asksForCertificate = true;
      rest = rest.subarray(MESSAGE_HEADER_BYTES + body.length);
    }
    this.#messages = rest;
  }
}

/** As far as is known: of a header that has not come whole, the header's. */
function recordLength(bytes: Buffer): number {
  return bytes.length < RECORD_HEADER_BYTES ? RECORD_HEADER_BYTES : RECORD_HEADER_BYTES + bytes.readUInt16BE(3);
}

/** RFC 5246 §7.4.2: a list of certificates, each with its length. */
function chainIn(body: Buffer): Buffer[] {
  const chain: Buffer[] = [];
  for (let position = 3; position + 3 <= body.length; ) {
    const end = position + 3 + body.readUIntBE(position, 3);
    chain.push(body.subarray(position + 3, end));
    position = end;
  }
  return chain;
}
