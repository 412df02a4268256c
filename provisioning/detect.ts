/** Which protocol a URL speaks, found out by requests that change nothing. */
import { type Result, success } from "../modules/failure/failure.js";
import { joinUrl, splitQuery, type Url } from "../modules/http/url.js";
import { asText, parseObject } from "../modules/json/json.js";
import type { ProvisioningContext } from "./protocol.js";

export type Detectable = "device-service" | "xiaozhi";

const TIMEOUT_MS = 10_000;

/** What the URL itself says: the xiaozhi services live at a path that ends in `ota`. */
export function protocolOfUrl({ path }: Url): Detectable | undefined {
  const [pathname] = splitQuery(path);
  if (/\/ota\/*$/.test(pathname)) return "xiaozhi";
  return undefined;
}

/**
 * The device service has `GET /health` (seed 000), the xiaozhi servers a text about their state at their own address.
 * @returns undefined where neither shows itself
 */
export async function detect({ io, url }: ProvisioningContext): Promise<Result<Detectable | undefined>> {
  const get = (at: Url) => io.http({ method: "GET", url: at, headers: { accept: "*/*" }, timeoutMs: TIMEOUT_MS });
  const health = await get(joinUrl(url, "health"));
  if (!health.ok) return health;
  if (health.value.status === 200 && asText(parseObject(health.value.body)?.status)) return success("device-service");
  const front = await get(url);
  if (!front.ok) return front;
  return success(front.value.status === 200 && front.value.body.startsWith("OTA") ? "xiaozhi" : undefined);
}
