/** What a server's answer to the question for an image means (RFC 9110 §14, §15). */
import { type Failure, failed } from "../base/failure.js";
import { resolveUrl, type Url } from "../data/url.js";
import type { StreamHead } from "../http/stream.js";

export interface Asked {
  readonly url: Url;
  /** From here on; 0: all of it. */
  readonly offsetBytes: number;
  /** Of the file that the part is wanted of. */
  readonly etag: string | undefined;
  /** Of the whole, where the offer says it. */
  readonly sizeBytes: number | undefined;
  readonly slotBytes: number;
}

export type Meaning =
  /** The body is the image from `offsetBytes` on. */
  | {
      readonly kind: "image";
      readonly offsetBytes: number;
      readonly sizeBytes: number;
      readonly etag: string | undefined;
    }
  | { readonly kind: "redirect"; readonly url: Url }
  /** The server has no such part: all of it is to be asked for. */
  | { readonly kind: "whole" }
  | { readonly kind: "refused"; readonly failure: Failure };

export function meaningOf(head: StreamHead, asked: Asked): Meaning {
  switch (head.status) {
    case 200:
      return imageOf(head, asked, { offsetBytes: 0, sizeBytes: length(head.field("content-length")) });
    case 206:
      return partOf(head, asked);
    case 301:
    case 302:
    case 303:
    case 307:
    case 308:
      return redirectOf(head, asked.url);
    case 416:
      return asked.offsetBytes > 0 ? { kind: "whole" } : refused(failed("firmware-source", "416"));
    case 429:
      return refused(failed("rate-limited", "429"));
    default:
      return refused(failed(head.status >= 500 ? "server-error" : "firmware-source", String(head.status)));
  }
}

function partOf(head: StreamHead, asked: Asked): Meaning {
  const match = /^bytes (\d{1,10})-\d{1,10}\/(\d{1,10})$/i.exec(head.field("content-range") ?? "");
  const isOtherFile = asked.etag !== undefined && (head.field("etag") ?? asked.etag) !== asked.etag;
  // Another part than was asked for, or one of a whole that is not known: a server that does not mean it.
  if (!match || Number(match[1]) !== asked.offsetBytes || isOtherFile)
    return asked.offsetBytes > 0 ? { kind: "whole" } : refused(failed("firmware-source", "206"));
  return imageOf(head, asked, { offsetBytes: asked.offsetBytes, sizeBytes: Number(match[2]) });
}

function imageOf(
  head: StreamHead,
  { sizeBytes: offered, slotBytes }: Asked,
  { offsetBytes, sizeBytes: told }: { offsetBytes: number; sizeBytes: number | undefined },
): Meaning {
  const sizeBytes = told ?? offered;
  if (sizeBytes === undefined) return refused(failed("firmware-size", "the server does not tell it"));
  if (offered !== undefined && sizeBytes !== offered)
    return refused(failed("firmware-size", `${sizeBytes} bytes, offered were ${offered}`));
  if (sizeBytes > slotBytes) return refused(failed("firmware-size", `${sizeBytes} bytes, the slot has ${slotBytes}`));
  if (sizeBytes <= offsetBytes) return refused(failed("firmware-size", `${sizeBytes} bytes`));
  const etag = head.field("etag");
  // A weak one does not say that the bytes are the same (RFC 9110 §8.8.3).
  return {
    kind: "image",
    offsetBytes,
    sizeBytes,
    etag: etag?.startsWith('"') && etag.length <= 128 ? etag : undefined,
  };
}

function redirectOf(head: StreamHead, from: Url): Meaning {
  const url = resolveUrl(from, head.field("location") ?? "");
  if (!url) return refused(failed("firmware-source", `${head.status} to nowhere`));
  if (from.tls && !url.tls) return refused(failed("firmware-source", "from https to http"));
  return { kind: "redirect", url };
}

function length(text: string | undefined): number | undefined {
  return text && /^\d{1,10}$/.test(text) ? Number(text) : undefined;
}

function refused({ failure }: { readonly failure: Failure }): Meaning {
  return { kind: "refused", failure };
}
