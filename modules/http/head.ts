/** The head of a request, on its way into the SDK's parser and out of it (RFC 9112). */

/** Request line, headers, and the lines between a body's chunks; the page's own requests have 600 bytes. */
export const MAX_HEAD_BYTES = 2 * 1024;
/** Each header takes several of the heap's slots, however short it is; browsers send 20. */
export const MAX_HEAD_LINES = 64;

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const SPACE = 32;
const ZERO = 48;
const ONE = 49;
const VERSION = " HTTP/1.";

/**
 * What the parser reads byte by byte goes through this. The parser takes HTTP/1.1 alone, but iOS probes with HTTP/1.0:
 * a request line of that version is passed on as the other. Empty lines before it become spaces (RFC 9112 §2.2).
 */
export class HeadFilter {
  private bytes = 0;
  private lines = 0;
  private started = false;
  /** How much of `VERSION` stands right before this byte. */
  private matched = 0;

  /** The head has more bytes or lines than the device takes. */
  get isTooLarge(): boolean {
    return this.bytes > MAX_HEAD_BYTES || this.lines > MAX_HEAD_LINES;
  }

  pass(byte: number): number {
    this.bytes++;
    if (this.lines > 0) return this.line(byte);
    if (!this.started && (byte === LINE_FEED || byte === CARRIAGE_RETURN)) return SPACE;
    this.started = true;
    const isVersion = this.matched === VERSION.length;
    if (byte === VERSION.charCodeAt(this.matched)) this.matched++;
    else this.matched = byte === SPACE ? 1 : 0;
    return isVersion && byte === ZERO ? ONE : this.line(byte);
  }

  private line(byte: number): number {
    if (byte === LINE_FEED) this.lines++;
    return byte;
  }
}

/**
 * The host and the path of a request's target. A proxy's form, `http://host/path`, brings its own host, which counts
 * before the header (RFC 9112 §3.2.2).
 */
export function splitTarget(target: string, hostHeader: string): { host: string; path: string } {
  const start = /^https?:\/\//i.exec(target)?.[0].length;
  if (start === undefined) return { host: hostHeader, path: target };
  const end = target.slice(start).search(/[/?#]/);
  if (end < 0) return { host: target.slice(start), path: "/" };
  const path = target.slice(start + end);
  return { host: target.slice(start, start + end), path: path.startsWith("/") ? path : `/${path}` };
}

/**
 * How many bytes of a body the headers tell of; 0 where it comes in chunks or there is none.
 * @returns undefined where the headers leave the length in doubt (RFC 9112 §6.3): such a request is refused
 */
export function bodyLength(headers: { get(name: string): string | undefined }): number | undefined {
  const length = headers.get("content-length");
  const encoding = headers.get("transfer-encoding");
  if (encoding !== undefined) return encoding.toLowerCase() === "chunked" && length === undefined ? 0 : undefined;
  if (length === undefined) return 0;
  return /^\d{1,9}$/.test(length) ? Number(length) : undefined;
}
