/** A service that has moved within its host, to https or to another port: what answered there is asked first from then on. */
import type { Reason } from "../modules/base/failure.js";
import type { Address } from "../modules/data/address.js";
import { formatUrl, parseUrl } from "../modules/data/url.js";
import type { HttpResponse } from "../modules/http/http.js";
import { HANDSHAKE_REASONS } from "../modules/tls/ends.js";
import type { ProvisioningContext } from "./protocol.js";

/** After these it may have moved back, or on: the address that a person typed counts again. */
export const LOST: ReadonlySet<Reason> = new Set([
  ...HANDSHAKE_REASONS,
  ...(["unreachable", "timeout"] as const),
  ...(["unexpected-status", "bad-answer", "login-page"] as const),
]);

/** @param moved as habits have it */
export function movedAddress(address: Address, moved: unknown): Address {
  const url = typeof moved === "string" ? parseUrl(moved) : undefined;
  if (!url || url.host !== address.host || (address.tls && !url.tls) || address.scheme === "mqtts") return address;
  return { ...address, tls: url.tls, port: url.port, scheme: url.tls ? "https" : "http" };
}

/** The answer was one of the service's own. A path is followed each time: whose it is the address does not say. */
export function learnMove(context: ProvisioningContext, { movedTo }: HttpResponse): void {
  const { tls, port } = context.url;
  if (movedTo && (movedTo.tls !== tls || movedTo.port !== port))
    context.learn({ moved: formatUrl({ ...movedTo, path: "/" }) });
}
