/** Which protocol a URL speaks, found out by requests that change nothing. */
import { type Reason, type Result, success } from "../modules/base/failure.js";
import { parseObject } from "../modules/data/json.js";
import { splitQuery, type Url } from "../modules/data/url.js";
import type { HttpResponse } from "../modules/http/http.js";
import { statusFailure } from "./answers.js";
import { endpointUrl, isEndpoint } from "./device-service/device-service.js";
import type { ProvisioningContext } from "./protocol.js";

export type Detectable = "device-service" | "xiaozhi";

const TIMEOUT_MS = 10_000;

/** What the URL itself says: the xiaozhi services live at a path that ends in `ota`. */
export function protocolOfUrl(url: Url): Detectable | undefined {
  if (isEndpoint(url)) return "device-service";
  const [pathname] = splitQuery(url.path);
  return /\/ota\/*$/i.test(pathname) ? "xiaozhi" : undefined;
}

/**
 * The device service has `GET /health` (seed 000), the xiaozhi servers a text about their state at their own address.
 * @returns undefined where neither shows itself
 */
export async function detect({ io, url }: ProvisioningContext): Promise<Result<Detectable | undefined>> {
  const get = async (at: Url): Promise<Result<HttpResponse | undefined>> => {
    const exchange = await io.http({ method: "GET", url: at, headers: { accept: "*/*" }, timeoutMs: TIMEOUT_MS });
    if (!exchange.ok) return FOREIGN.has(exchange.failure.reason) ? success(undefined) : exchange;
    return exchange.value.status === 429 ? statusFailure(exchange.value, {}) : exchange;
  };
  const health = await get(endpointUrl(url, "health"));
  if (!health.ok) return health;
  if (isHealth(health.value)) return success("device-service");
  const front = await get(url);
  if (!front.ok) return front;
  return success(isFront(front.value) ? "xiaozhi" : undefined);
}

/** A website answers any path with its front page, whose size says nothing about the services beside it. */
const FOREIGN: ReadonlySet<Reason> = new Set(["answer-too-large", "bad-answer"] as const);

function isHealth(response: HttpResponse | undefined): boolean {
  return response?.status === 200 && typeof parseObject(response.body)?.status === "string";
}

/** Of either server: `OTA接口运行正常，…` or `OTA接口不正常，…`. */
function isFront(response: HttpResponse | undefined): boolean {
  return response?.status === 200 && response.body.trimStart().startsWith("OTA接口");
}
