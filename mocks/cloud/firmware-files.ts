import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import type { Faults, FileFault } from "./faults.js";
import type { FirmwareOffer, Release } from "./settings.js";
import { printable } from "./text.js";

const folder = "/firmware/files/";

interface File {
  readonly bytes: Buffer;
  readonly etag: string;
}

/** Bytes `start` to `end` of the file, without `end`. */
interface Part {
  readonly start: number;
  readonly end: number;
}

/**
 * Images for devices to load: with an ETag, a part where one is asked for (RFC 9110 §13.1.5, §14), and the faults that
 * are planned for `firmware-file`.
 */
export class FirmwareFiles {
  readonly #files = new Map<string, File>();
  readonly #releases = new Map<string, Release>();
  readonly #faults: Faults;
  readonly #log: (line: string) => void;
  /** What was asked for, in order: the Range header, or the empty text. */
  readonly ranges: string[] = [];

  constructor(faults: Faults, log: (line: string) => void) {
    this.#faults = faults;
    this.#log = log;
  }

  /** Serves these bytes from now on, in the place of others with that name. @returns the path */
  set(name: string, bytes: Uint8Array): string {
    const path = folder + encodeURIComponent(name);
    const etag = `"${createHash("sha256").update(bytes).digest("hex").slice(0, 32)}"`;
    this.#files.set(path, { bytes: Buffer.from(bytes), etag });
    return path;
  }

  /** Serves a release; nobody is offered it yet. */
  add(release: Release): void {
    this.set(`${release.version}.bin`, release.bytes);
    this.#releases.set(release.version, release);
  }

  /** Of the releases that are served. */
  get versions(): string[] {
    return [...this.#releases.keys()];
  }

  /** @param origin that devices reach these files at. @throws RangeError where there is no such version */
  offer(version: string, origin: string, { force = false } = {}): FirmwareOffer {
    const release = this.#releases.get(version);
    if (!release) throw new RangeError(`release: one of ${this.versions.join(", ")} is needed`);
    const { bytes, sha256, signature, notes: changelog } = release;
    const url = origin + this.set(`${version}.bin`, bytes);
    return { version, url, fileSizeBytes: bytes.length, sha256, signature, changelog, force };
  }

  /** @returns false where the request is not for an image */
  serve(request: IncomingMessage, response: ServerResponse): boolean {
    const path = (request.url ?? "").split("?")[0]!;
    if (!path.startsWith(folder)) return false;
    this.#answer(path, request, response).catch((error: Error) => {
      this.#log(`firmware-file: ${error.message}`);
      response.destroy();
    });
    return true;
  }

  async #answer(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.resume();
    const { method = "" } = request;
    const range = request.headers.range ?? "";
    this.ranges.push(range);
    const fault = this.#faults.takeFile();
    this.#log(`firmware-file: ${printable(path)} ${printable(range)}${fault ? ` fault ${fault.kind}` : ""}`);
    if (fault?.kind === "hang") return;
    const plain = plainAnswer(fault, path) ?? (method !== "GET" && method !== "HEAD" ? { status: 405 } : undefined);
    const file = this.#files.get(path);
    if (plain || !file) {
      response.writeHead(plain?.status ?? 404, { ...plain?.headers, "Content-Length": "0" }).end();
      return;
    }
    await send(response, { file, fault, isHead: method === "HEAD", part: partOf(request, file, fault) });
  }
}

function plainAnswer(fault: FileFault | null, path: string) {
  if (fault?.kind === "status") return { status: fault.status };
  return fault?.kind === "redirect" ? { status: 302, headers: { Location: fault.to ?? path } } : undefined;
}

/** @returns undefined for the whole file; null where there is no such part */
function partOf({ headers }: IncomingMessage, { bytes, etag }: File, fault: FileFault | null): Part | null | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(headers.range ?? "");
  const isOther = headers["if-range"] !== undefined && headers["if-range"] !== etag;
  // What is no range of one part is passed over.
  if (!match || match[0] === "bytes=-" || isOther || fault?.kind === "no-range") return undefined;
  const [, first, last] = match;
  const start = first === "" ? Math.max(0, bytes.length - Number(last)) : Number(first);
  const end = first === "" || last === "" ? bytes.length : Math.min(Number(last) + 1, bytes.length);
  return start < end ? { start, end } : null;
}

interface Sending {
  file: File;
  part: Part | null | undefined;
  fault: FileFault | null;
  isHead: boolean;
}

async function send(response: ServerResponse, { file, part, fault, isHead }: Sending): Promise<void> {
  const { length } = file.bytes;
  if (part === null) {
    response.writeHead(416, { "Content-Range": `bytes */${length}`, "Content-Length": "0" }).end();
    return;
  }
  const { start, end } = part ?? { start: 0, end: length };
  const headers = {
    "Content-Type": "application/octet-stream",
    ETag: file.etag,
    ...(fault?.kind === "no-range" ? {} : { "Accept-Ranges": "bytes" }),
    ...(fault?.kind === "no-length" ? {} : { "Content-Length": String(end - start) }),
    ...(part && { "Content-Range": `bytes ${start}-${end - 1}/${length}` }),
  };
  response.writeHead(part ? 206 : 200, headers);
  if (isHead) response.end();
  else await sendBody(response, spoilt(file.bytes, fault).subarray(start, end), fault);
}

function spoilt(bytes: Buffer, fault: FileFault | null): Buffer {
  if (fault?.kind !== "corrupted" || fault.offset >= bytes.length) return bytes;
  const copy = Buffer.from(bytes);
  copy[fault.offset]! ^= 1;
  return copy;
}

async function sendBody(response: ServerResponse, body: Buffer, fault: FileFault | null): Promise<void> {
  if (fault?.kind === "truncated") {
    const some = body.subarray(0, fault.afterBytes);
    response.flushHeaders();
    if (some.length) await new Promise((written) => response.write(some, written));
    // FIN, not RST: a reset may throw away what the other side has not read yet.
    response.socket?.end();
    return;
  }
  if (fault?.kind === "slow") {
    for (let at = 0; at < body.length && !response.destroyed; at += fault.chunkBytes) {
      response.write(body.subarray(at, at + fault.chunkBytes));
      await delay(fault.intervalMs);
    }
    response.end();
    return;
  }
  response.end(body);
}
