import type { CloudRequest } from "./exchange.js";

/** Whether a request can come from the cloud's own page or from a tool, and not from a page of another site. */
export function sameSite({ headers }: CloudRequest): boolean {
  const site = headers["sec-fetch-site"];
  if (site !== undefined && site !== "same-origin" && site !== "none") return false;
  return headers.origin === undefined || headers.origin === `http://${headers.host}`;
}
