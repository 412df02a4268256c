/** What the server answers itself, in the place of its handler. */
import type { ServerReply } from "./http.js";

export const NOT_UTF8 = plain(400, "The request is no UTF-8.");
export const NOT_FRAMED = plain(400, "The request's length is in doubt.");
export const TOO_LARGE = plain(413, "The request is too large.");
export const BUSY = plain(503, "The device is busy.");

function plain(status: number, body: string): ServerReply {
  return { status, headers: { "content-type": "text/plain", "cache-control": "no-store" }, body };
}
