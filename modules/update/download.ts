/** An image out of the network into the slot. */

import { failed, type Result, success } from "../base/failure.js";
import { crc32OfText } from "../data/crc32.js";
import { formatUrl, type Url } from "../data/url.js";
import type { HttpStream, Streaming } from "../http/stream.js";
import { type Meaning, meaningOf } from "./answer.js";
import type { ImageWriter } from "./writer.js";

/** A server that says nothing for so long is gone. */
export const STALL_MS = 30_000;
/** Of one exchange; what is in the slot by then stays, and the next one goes on there. */
export const EXCHANGE_LIMIT_MS = 30 * 60_000;
/** From an address that stays to a store, and one more for whoever put a cache before it. */
export const MAX_REDIRECTS = 3;

/** The file that the slot has a part of. */
export interface Origin {
  readonly source: string;
  readonly etag: string | undefined;
}

export interface DownloadOptions {
  readonly stream: HttpStream;
  readonly writer: ImageWriter;
  readonly slotBytes: number;
  readonly sizeBytes: number | undefined;
  /** What is spliced of two files is found out in the end. */
  readonly isVerified: boolean;
  readonly origin: Origin | undefined;
  /** All of it, from now on of this file. */
  onOrigin(origin: Origin, sizeBytes: number): void;
  /** Each exchange can be ended. */
  onExchange(exchange: Streaming): void;
}

/** @returns success where all of the image is in the slot, whoever it is from */
export async function download(source: Url, options: DownloadOptions): Promise<Result<void>> {
  await undefined; // see Installation
  let url = source;
  let isWhole = false;
  for (let redirects = 0; redirects <= MAX_REDIRECTS; ) {
    const meaning = await exchange(url, source, isWhole, options);
    if (!meaning.ok) return meaning;
    const { value } = meaning;
    if (value.kind === "redirect") {
      url = value.url;
      redirects++;
    } else if (value.kind === "whole" && !isWhole) isWhole = true;
    else return value.kind === "image" ? success(undefined) : failed("firmware-source", "no part of it, nor all");
  }
  return failed("firmware-source", "too many redirects");
}

/** One question, with what was answered; the image is in the slot then. */
async function exchange(
  url: Url,
  source: Url,
  isWhole: boolean,
  options: DownloadOptions,
): Promise<Result<Exclude<Meaning, { kind: "refused" }>>> {
  const { stream, writer } = options;
  writer.rewind();
  const part = isWhole ? {} : partHeaders(source, options);
  const asked = { url, offsetBytes: part.range ? writer.offsetBytes : 0, etag: part["if-range"], ...options };
  let meaning: Meaning | undefined;
  const streaming = stream({
    ...{ url, headers: part, stallMs: STALL_MS, limitMs: EXCHANGE_LIMIT_MS },
    onHead(head) {
      meaning = meaningOf(head, asked);
      if (meaning.kind !== "image") return undefined;
      writer.begin(meaning.offsetBytes, meaning.sizeBytes);
      options.onOrigin({ source: originOf(source), etag: meaning.etag }, meaning.sizeBytes);
      return writer;
    },
  });
  options.onExchange(streaming);
  const result = await streaming.done;
  if (writer.failure) return { ok: false, failure: writer.failure };
  if (!result.ok) return result;
  if (!meaning) return failed("bad-answer");
  if (meaning.kind === "refused") return { ok: false, failure: meaning.failure };
  if (meaning.kind === "image" && !writer.isComplete) return failed("connection-lost", "the firmware was cut short");
  return success(meaning);
}

/** Where nothing says that it is still the same file, all of it is asked for. */
function partHeaders(
  source: Url,
  { writer, origin, isVerified }: DownloadOptions,
): { readonly range?: string; readonly "if-range"?: string } {
  if (writer.offsetBytes === 0) return {};
  const range = `bytes=${writer.offsetBytes}-`;
  const etag = origin?.source === originOf(source) ? origin.etag : undefined;
  if (etag) return { range, "if-range": etag };
  return isVerified ? { range } : {};
}

function originOf(source: Url): string {
  return (crc32OfText(formatUrl(source)) >>> 0).toString(16);
}
