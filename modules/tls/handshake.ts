/**
 * Reads along what a server sends until its Finished (TLS 1.2, RFC 5246 §7.3), and lets nothing pass but a whole
 * handshake in its order. The SDK's session takes more than that: an alert, a missing certificate or an unsigned key
 * exchange leave it "ready" with keys that anybody knows, or with none.
 */
import type { Reason } from "../base/failure.js";
import { type Certificate, type PublicKey, parseCertificate } from "./certificate.js";

/** What ends a handshake. */
export class Refusal extends Error {
  readonly reason: Reason;

  constructor(reason: Reason, why: string) {
    super(`${reason}: ${why}`);
    this.reason = reason;
  }
}

export interface Judge {
  /** @returns why the server is refused, or undefined where it is to be trusted */
  check(chain: readonly Certificate[]): Reason | undefined;
  /** Whether it can be a signature by this key at all; the SDK takes zeros for one. */
  isSignature(signature: Uint8Array, key: PublicKey): boolean;
}

const RECORD = { changeCipherSpec: 20, handshake: 22 } as const;
const MESSAGE = { serverHello: 2, certificate: 11, keyExchange: 12, certificateRequest: 13, helloDone: 14 } as const;
const RECORD_HEADER_BYTES = 5;
const MESSAGE_HEADER_BYTES = 4;
const TLS_1_2 = 0x0303;
/** The first byte of every ECDHE suite that the SDK has (RFC 5289, RFC 8422); its others are plain RSA. */
const ECDHE = 0xc0;
/** RFC 5246 §7.4.1.4.1, as the SDK offers them. */
const SHA256 = 4;
const SIGNATURE = { rsa: 1, ec: 3 } as const;
/** A chain has 2 to 6 KiB; it is in memory twice while it is read. */
const MAX_MESSAGE_BYTES = 12 * 1024;
const MAX_CERTIFICATES = 8;

export class HandshakeWatch {
  private judge: Judge;
  private header = new Uint8Array(RECORD_HEADER_BYTES);
  private headerBytes = 0;
  private recordBytesLeft = 0;
  private message = new Uint8Array(MESSAGE_HEADER_BYTES);
  private messageBytes = 0;
  /** All of its bytes are there. */
  private whole: Uint8Array | undefined;
  private expected: readonly number[] = [MESSAGE.serverHello];
  private usesKeyExchange = false;
  private isEncrypted = false;
  private _isDone = false;
  private key: PublicKey | undefined;
  private _refusal: Refusal | undefined;

  constructor(judge: Judge) {
    this.judge = judge;
  }

  /** The server has shown all that it has to; the rest is the SDK's to read. */
  get isDone(): boolean {
    return this._isDone;
  }

  get refusal(): Reason | undefined {
    return this._refusal?.reason;
  }

  /** @throws Refusal, from the first byte on that has no place in a handshake */
  see(bytes: Uint8Array): void {
    if (this._refusal) throw this._refusal;
    try {
      for (let position = 0; position < bytes.length && !this._isDone; ) {
        position +=
          this.headerBytes < RECORD_HEADER_BYTES
            ? this.readHeader(bytes.subarray(position))
            : this.readBody(bytes.subarray(position));
        // Here, and not where its last byte is read: a chain's check goes deep, and the SDK is below already.
        const message = this.whole;
        this.whole = undefined;
        if (message) this.expected = this.follow(message[0]!, message.subarray(MESSAGE_HEADER_BYTES));
      }
    } catch (error) {
      this._refusal = error instanceof Refusal ? error : new Refusal("tls-failed", "malformed");
      throw this._refusal;
    }
  }

  private readHeader(bytes: Uint8Array): number {
    const part = bytes.subarray(0, RECORD_HEADER_BYTES - this.headerBytes);
    this.header.set(part, this.headerBytes);
    this.headerBytes += part.length;
    if (this.headerBytes < RECORD_HEADER_BYTES) return part.length;
    const type = this.header[0];
    this.recordBytesLeft = number(this.header, 3, 2);
    if (this.recordBytesLeft === 0) refuse("empty record");
    if (this.isEncrypted || this.expected.length > 0) {
      if (type !== RECORD.handshake) refuse(`record ${type}`);
    } else if (type !== RECORD.changeCipherSpec || this.recordBytesLeft !== 1) refuse(`record ${type}`);
    return part.length;
  }

  private readBody(bytes: Uint8Array): number {
    const part = bytes.subarray(0, this.recordBytesLeft);
    const isHandshake = this.header[0] === RECORD.handshake && !this.isEncrypted;
    const taken = isHandshake ? this.readMessage(part) : part.length;
    this.recordBytesLeft -= taken;
    if (this.recordBytesLeft > 0) return taken;
    this.headerBytes = 0;
    if (this.isEncrypted) this._isDone = true;
    else if (!isHandshake) this.isEncrypted = true;
    return taken;
  }

  private readMessage(bytes: Uint8Array): number {
    if (this.messageBytes === 0 && !this.expected.includes(bytes[0]!)) refuse(`message ${bytes[0]}`);
    const part = bytes.subarray(0, this.message.length - this.messageBytes);
    this.message.set(part, this.messageBytes);
    this.messageBytes += part.length;
    if (this.messageBytes < this.message.length) return part.length;
    const bodyBytes = number(this.message, 1, 3);
    if (bodyBytes > MAX_MESSAGE_BYTES) refuse("long message");
    if (this.message.length < MESSAGE_HEADER_BYTES + bodyBytes) {
      const whole = new Uint8Array(MESSAGE_HEADER_BYTES + bodyBytes);
      whole.set(this.message);
      this.message = whole;
      return part.length;
    }
    this.whole = this.message;
    this.message = new Uint8Array(MESSAGE_HEADER_BYTES);
    this.messageBytes = 0;
    return part.length;
  }

  /** @returns the messages of which one has to come next */
  private follow(type: number, body: Uint8Array): readonly number[] {
    switch (type) {
      case MESSAGE.serverHello:
        this.seeHello(body);
        return [MESSAGE.certificate];
      case MESSAGE.certificate:
        this.seeCertificates(body);
        return this.usesKeyExchange ? [MESSAGE.keyExchange] : [MESSAGE.certificateRequest, MESSAGE.helloDone];
      case MESSAGE.keyExchange:
        this.seeKeyExchange(body);
        return [MESSAGE.certificateRequest, MESSAGE.helloDone];
      case MESSAGE.certificateRequest:
        return [MESSAGE.helloDone];
      default:
        return [];
    }
  }

  /** §7.4.1.3: version, 32 random bytes, session id, suite. */
  private seeHello(body: Uint8Array): void {
    if (number(body, 0, 2) !== TLS_1_2) refuse("another version");
    const suite = 35 + number(body, 34, 1);
    this.usesKeyExchange = number(body, suite, 1) === ECDHE;
  }

  /** §7.4.2: a list of certificates, each with its length. */
  private seeCertificates(body: Uint8Array): void {
    const chain: Certificate[] = [];
    for (let position = 3; position < body.length; ) {
      const end = position + 3 + number(body, position, 3);
      if (end > body.length || chain.length === MAX_CERTIFICATES) refuse("certificates");
      const certificate = parseCertificate(body.subarray(position + 3, end));
      // What cannot be read cannot be a link; behind an anchor that does not matter.
      if (!certificate) break;
      chain.push(certificate);
      position = end;
    }
    const reason = this.judge.check(chain);
    if (reason) throw new Refusal(reason, "certificate");
    this.key = chain[0]!.key;
  }

  /** RFC 8422 §5.4: curve type, curve and point, then hash, algorithm and signature of all that. */
  private seeKeyExchange(body: Uint8Array): void {
    const position = 4 + number(body, 3, 1);
    const [hash, algorithm] = [number(body, position, 1), number(body, position + 1, 1)];
    const signature = body.subarray(position + 4, position + 4 + number(body, position + 2, 2));
    const key = this.key;
    if (!key || hash !== SHA256 || algorithm !== SIGNATURE[key.type] || !this.judge.isSignature(signature, key))
      refuse("key exchange");
    this.key = undefined;
  }
}

/** Big-endian. @throws RangeError beyond the end */
function number(bytes: Uint8Array, position: number, length: number): number {
  if (position + length > bytes.length) throw new RangeError("handshake");
  let value = 0;
  for (let index = position; index < position + length; index++) value = value * 256 + bytes[index]!;
  return value;
}

function refuse(why: string): never {
  throw new Refusal("tls-failed", why);
}
