/** A server of one file, with what can go wrong there and on the way. */
import { failed, type Result, success } from "../../modules/base/failure.js";
import { formatUrl } from "../../modules/data/url.js";
import type { HttpStream, StreamHead, StreamRequest } from "../../modules/http/stream.js";
import type { World } from "./world.js";

/** What the server does with one request; the next one can meet something else. */
export interface Manners {
  readonly status?: number;
  readonly location?: string;
  /** It knows no `Range`. */
  readonly isWhole?: boolean;
  /** It says `bytes 0-…` whatever it was asked for. */
  readonly isWrongPart?: boolean;
  /** The connection breaks after so many bytes of the body. */
  readonly cutAfterBytes?: number;
  /** The body ends there, as if it were all. */
  readonly truncatedTo?: number;
  /** A byte that is another one on its way. */
  readonly spoiltByte?: number;
  /** Says this length in the place of the file's; undefined where it says none. */
  readonly length?: number | "none";
  /** More bytes than it said follow. */
  readonly extraBytes?: number;
  /** After so many bytes nothing comes any more. */
  readonly silentAfterBytes?: number;
  readonly etag?: string;
  readonly file?: Uint8Array<ArrayBuffer>;
}

/** Of the network, at a time. */
const PIECE_BYTES = 1_460;
const PIECE_MS = 10;

export interface ServedRequest {
  readonly url: string;
  readonly range: string | undefined;
  readonly ifRange: string | undefined;
}

export class FileServer {
  file: Uint8Array<ArrayBuffer>;
  readonly requests: ServedRequest[] = [];
  /** By the number of the request, from 0. */
  manners: (request: ServedRequest, number: number) => Manners = () => ({});

  constructor(file: Uint8Array<ArrayBuffer>) {
    this.file = file;
  }

  /** The device's way to it: each request and each piece of an answer is a step of its world. */
  streamOf(world: World): HttpStream {
    return (request) => {
      let end: (result: Result<void>) => void = () => {};
      const done = new Promise<Result<void>>((resolve) => {
        end = resolve;
      });
      if (!world.step()) void this.#answer(world, request, end);
      return { done, cancel: () => end(failed("connection-lost")) };
    };
  }

  async #answer(world: World, request: StreamRequest, end: (result: Result<void>) => void): Promise<void> {
    const seen = { url: formatUrl(request.url), range: request.headers.range, ifRange: request.headers["if-range"] };
    const manners = this.manners(seen, this.requests.push(seen) - 1);
    await world.clock.later(50, () => undefined);
    if (world.step()) return;
    if (manners.status === 0) {
      end(failed("unreachable"));
      return;
    }
    const { head, body } = this.#answerTo(seen, manners);
    const sink = request.onHead(head);
    if (!sink) {
      end(success(undefined));
      return;
    }
    for (let sent = 0; sent < body.length; ) {
      await world.clock.later(PIECE_MS, () => undefined);
      if (world.step()) return;
      const limit = Math.min(
        body.length,
        manners.cutAfterBytes ?? body.length,
        manners.silentAfterBytes ?? body.length,
      );
      if (sent >= limit) {
        const isSilent = manners.silentAfterBytes !== undefined;
        await world.clock.later(isSilent ? request.stallMs : 0, () => undefined);
        end(failed(isSilent ? "timeout" : "connection-lost"));
        return;
      }
      for (let left = Math.min(PIECE_BYTES, limit - sent); left > 0; ) {
        const room = sink.room();
        const part = body.subarray(sent, sent + Math.min(left, room.length));
        room.set(part);
        sent += part.length;
        left -= part.length;
        if (!sink.filled(part.length)) {
          end(success(undefined));
          return;
        }
      }
    }
    end(success(undefined));
  }

  #answerTo({ range, ifRange }: ServedRequest, manners: Manners): { head: StreamHead; body: Uint8Array } {
    const { isWhole = false, etag, length, isWrongPart = false } = manners;
    const file = changed(manners.file ?? this.file, manners);
    const asked = Number(/^bytes=(\d+)-$/.exec(range ?? "")?.[1] ?? 0);
    const from = isWhole || (ifRange !== undefined && ifRange !== etag) ? 0 : asked;
    const status = manners.status ?? (from >= file.length ? 416 : from > 0 ? 206 : 200);
    const told = length ?? file.length;
    const fields: Record<string, string | undefined> = {
      etag,
      location: manners.location,
      "content-length": told === "none" ? undefined : String(told - from),
      "content-range": status === 206 ? `bytes ${isWrongPart ? 0 : from}-${file.length - 1}/${told}` : undefined,
    };
    return { head: { status, field: (name) => fields[name] }, body: file.subarray(from) };
  }
}

function changed(file: Uint8Array<ArrayBuffer>, manners: Manners): Uint8Array<ArrayBuffer> {
  const { truncatedTo = file.length, extraBytes = 0, spoiltByte } = manners;
  const body = new Uint8Array(truncatedTo + extraBytes);
  body.set(file.subarray(0, truncatedTo));
  if (spoiltByte !== undefined) body[spoiltByte]! ^= 1;
  return body;
}
