/** The lines of an answer (RFC 9112): its head, and what stands between and behind the chunks of its body. */
import type { Reason } from "../base/failure.js";

/** A server's lines in a row, without a byte of its body; pages' policies and cookies make heads of 16 kB. */
const MAX_LINES_BYTES = 64 * 1024;
/** And in number: a head with all its answers of 1xx before it. Pages have 20 to 60, with a cookie in each line 200. */
const MAX_LINES = 256;
/** Chunks that are hardly larger than the line before them: each costs more than it brings. */
const SMALL_CHUNK_BYTES = 64;
const MAX_SMALL_CHUNKS = 2_048;
/** Of a status line, a header's name, a chunk's size: what stands behind is not looked at. */
const MAX_WORD_BYTES = 64;
/** Of a header's value that is read: a signed address has 2,048 characters. */
const MAX_VALUE_BYTES = 2_304;

/** All others are passed over, however long they are. */
const READ: readonly string[] = [
  ...["content-length", "transfer-encoding", "content-encoding", "content-range"],
  ...["date", "etag", "location", "retry-after"],
];

const LINE_FEED = 10;
const SPACE = 32;
const COLON = 58;
const DELETE = 127;

/** By lower-case name: those of READ. */
export interface Fields {
  get(name: string): string | undefined;
}

type Due = "status" | "headers" | "body" | "chunk" | "trailers" | "nothing";

/** Takes lines as servers send them: ended by LF alone, without a reason or its space, answers of 1xx before the one that counts. */
export class ResponseLines {
  status = 0;
  /** Undefined until the head is there. */
  fields: Map<string, string> | undefined;
  /** What makes the answer one that the device cannot read. */
  mistake: Reason | undefined;
  /** Of the body, to be read before the next line; infinite where it ends with the connection. */
  bodyBytes = 0;
  private due: Due = "status";
  private isChunked = false;
  private headers = new Map<string, string>();
  /** In a row. */
  private linesBytes = 0;
  private lines = 0;
  private smallChunks = 0;
  /** Of the line what is kept. */
  private kept = new Uint8Array(MAX_WORD_BYTES);
  private keptBytes = 0;
  /** Of the header whose value comes. */
  private name: string | undefined;
  private isSkipped = false;

  /** All of it is there. Some servers leave out the empty line behind the last chunk. */
  get isWhole(): boolean {
    return this.due === "nothing" || this.due === "trailers";
  }

  /** There is nothing more to come, whatever comes. */
  get isOver(): boolean {
    return this.due === "nothing";
  }

  /** @param byte of a line: not to be called while there are bytes of the body to come */
  take(byte: number): void {
    if (++this.linesBytes > MAX_LINES_BYTES) this.mistake = "answer-too-large";
    else if (byte === LINE_FEED) this.countLine();
    else if (byte === COLON && this.due === "headers" && this.name === undefined) this.endName();
    else if (!this.isSkipped) this.keep(byte);
  }

  /** So many bytes of the body have been read. */
  took(bytes: number): void {
    this.bodyBytes -= bytes;
    this.linesBytes = this.lines = 0;
    if (this.bodyBytes === 0) this.due = this.isChunked ? "chunk" : "nothing";
  }

  private keep(byte: number): void {
    if (this.keptBytes === this.kept.length) {
      if (this.name === undefined) this.isSkipped = true;
      else if (this.keptBytes < MAX_VALUE_BYTES) this.grow();
      else this.mistake = "answer-too-large";
      if (this.isSkipped || this.mistake) return;
    }
    // What is not ASCII makes no sense where a value is read; DEL is in no URL.
    this.kept[this.keptBytes++] = byte < DELETE ? Math.max(byte, SPACE) : DELETE;
  }

  private grow(): void {
    const larger = new Uint8Array(Math.min(4 * this.kept.length, MAX_VALUE_BYTES));
    larger.set(this.kept);
    this.kept = larger;
  }

  private text(): string {
    const text = String.fromArrayBuffer(this.kept.buffer.slice(0, this.keptBytes));
    this.keptBytes = 0;
    return text;
  }

  private endName(): void {
    const name = this.text().toLowerCase();
    this.isSkipped ||= !READ.includes(name);
    this.name = name;
  }

  private countLine(): void {
    if (++this.lines > MAX_LINES) this.mistake = "answer-too-large";
    else this.endLine();
  }

  private endLine(): void {
    const text = this.text().trim(); // XS's `trimEnd` leaves the last of a text of spaces
    const { name, isSkipped } = this;
    this.name = undefined;
    this.isSkipped = false;
    if (this.due === "headers" && name !== undefined) {
      const before = this.headers.get(name);
      // RFC 9110 §5.3.
      if (!isSkipped) this.headers.set(name, before === undefined ? text : `${before}, ${text}`);
      return;
    }
    // What is no header's does not matter.
    if (this.due === "status") this.readStatus(text);
    else if (this.due === "chunk") this.readChunk(text);
    else if (text === "" && this.due === "headers") this.endHead();
    else if (text === "") this.due = "nothing";
  }

  private readStatus(text: string): void {
    if (text === "") return;
    const status = /^HTTP\/1\.\d +(\d{3})(?!\S)/.exec(text)?.[1];
    if (status === undefined) this.mistake = "bad-answer";
    this.status = Number(status);
    this.due = "headers";
  }

  private readChunk(text: string): void {
    if (text === "") return; // ends the chunk before
    const size = /^[\da-f]{1,15}(?![^\s;])/i.exec(text)?.[0];
    if (size === undefined) this.mistake = "bad-answer";
    this.bodyBytes = Number.parseInt(size ?? "", 16);
    if (this.bodyBytes < SMALL_CHUNK_BYTES && ++this.smallChunks > MAX_SMALL_CHUNKS) this.mistake = "answer-too-large";
    this.due = this.bodyBytes === 0 ? "trailers" : "body";
  }

  private endHead(): void {
    const { headers, status } = this;
    if (status < 200) {
      headers.clear();
      this.due = "status";
      return;
    }
    this.fields = headers;
    const transfer = headers.get("transfer-encoding")?.toLowerCase() ?? "identity";
    const length = headers.get("content-length");
    if (!HAS_NO_BODY.includes(status)) {
      this.isChunked = transfer.endsWith("chunked");
      this.bodyBytes = this.isChunked ? 0 : length === undefined ? Number.POSITIVE_INFINITY : lengthOf(length);
      if (Number.isNaN(this.bodyBytes)) this.mistake = "bad-answer";
      const isCompressed = isEncoded(headers.get("content-encoding")) || !/^(?:identity|chunked)$/.test(transfer);
      if (isCompressed) this.passOver(status);
    }
    this.due = this.isChunked ? "chunk" : this.bodyBytes === 0 ? "nothing" : "body";
  }

  /** A body that cannot be read: of an error the status says enough. */
  private passOver(status: number): void {
    this.isChunked = false;
    if (status < 300) this.mistake = "answer-compressed";
    else this.bodyBytes = 0;
  }
}

const HAS_NO_BODY: readonly number[] = [204, 205, 304];

/** Some say it twice. @returns NaN where it is none, or one of two */
function lengthOf(text: string): number {
  return Number(/^(\d{1,15})(?:, {0,8}\1){0,8}$/.exec(text)?.[1] ?? Number.NaN);
}

function isEncoded(encoding = ""): boolean {
  return !/^(?:identity)?$/i.test(encoding);
}
