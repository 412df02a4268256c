/** The device provisioning service: one request that identifies the device by its MAC and gives all it needs. */
import { type Failed, type Failure, failed, type Reason, type Result, success } from "../../modules/base/failure.js";
import { asText, type Json, type Names, parseObject } from "../../modules/data/json.js";
import { joinUrl, splitQuery, type Url } from "../../modules/data/url.js";
import type { HttpResponse } from "../../modules/http/http.js";
import { askedPauseMs, errorFailure, errorText, isOwnNotFound, noJson, parseError, statusFailure } from "../answers.js";
import { learnMove } from "../moved.js";
import { type Answer, asAnswer, type Protocol, type ProvisioningContext } from "../protocol.js";
import { AnswerNames, readCheckedOffer, readDeviceInfo, readOffer } from "./device-info.js";

/** The service itself takes at least 100 ms; a slow uplink many times that. */
const TIMEOUT_MS = 15_000;
/** In which the service counts requests; its 429 does not say so. Sooner keeps the device locked out. */
const INFO_WINDOW_MS = 60_000;
const FIRMWARE_WINDOW_MS = 300_000;

export const deviceService: Protocol = {
  name: "device-service",
  isChoice: true,
  owns: isEndpoint,
  detection: {
    url: (address) => endpointUrl(address, "health"),
    isShownBy: ({ status, body }) => status === 200 && healthIn(body) !== undefined,
  },
  query,
  // This service has no codes: registration happens at its operator's.
  activate: () => Promise.resolve(success(undefined)),
  checkFirmware,
  diagnose,
};

/** The URL is that of one of the endpoints: people paste the whole of it. */
function isEndpoint({ path }: Url): boolean {
  const [whole] = splitQuery(path);
  return withoutEndpoint(whole) !== whole;
}

function endpointUrl(url: Url, endpoint: string): Url {
  const [path, query] = splitQuery(url.path);
  return joinUrl({ ...url, path: withoutEndpoint(path) + query }, endpoint);
}

function withoutEndpoint(path: string): string {
  return path.replace(/\/+(?:device\/+info|firmware\/+check)\/*$/i, "");
}

async function query(context: ProvisioningContext): Promise<Result<Answer>> {
  const { identity, product } = context;
  const exchange = await post(context, "device/info", {
    mac_address: identity.mac,
    firmware_version: product.firmwareVersion,
    hardware_version: product.hardwareVersion,
    // Newer servers require it (422), older ones do not look at it.
    product_id: product.productId,
  });
  const answer = exchange.ok ? readAnswer(context, exchange.value, INFO_WINDOW_MS) : exchange;
  if (!answer.ok) return answer;
  const configuration = readDeviceInfo(answer.value);
  if (!configuration.ok) return configuration;
  const offer = readOffer(answer.value, product.firmwareVersion);
  if (offer) context.offerFirmware(offer);
  return asAnswer(configuration);
}

async function checkFirmware(context: ProvisioningContext): Promise<Result<void>> {
  const { identity, product } = context;
  const ask = (productId: string | number | undefined) =>
    post(context, "firmware/check", {
      mac_address: identity.mac,
      current_version: product.firmwareVersion,
      product_id: productId,
    });
  let exchange = await ask(product.productId);
  // Older servers take a number.
  if (exchange.ok && refusesProductId(exchange.value)) exchange = await ask(numberOf(product.productId));
  if (!exchange.ok) return exchange;
  if (isMissing(exchange.value)) return success(undefined);
  const answer = readAnswer(context, exchange.value, FIRMWARE_WINDOW_MS);
  if (!answer.ok) return answer;
  const offer = readCheckedOffer(answer.value, product.firmwareVersion);
  if (offer) context.offerFirmware(offer);
  return success(undefined);
}

function post(context: ProvisioningContext, endpoint: string, body: object): Promise<Result<HttpResponse>> {
  return context.io.http({
    method: "POST",
    url: endpointUrl(context.url, endpoint),
    headers: { "content-type": "application/json", accept: "application/json" },
    body: JSON.stringify(body),
    timeoutMs: context.timeoutMs ?? TIMEOUT_MS,
  });
}

/** @param windowMs in which the service counts requests */
function readAnswer(context: ProvisioningContext, response: HttpResponse, windowMs: number): Result<Json> {
  if (response.dateMs !== undefined) context.suggestTime(response.dateMs);
  const answer = parseObject(response.body, new AnswerNames(context.names));
  if (isNotRegistered(response, answer))
    return failed("not-registered", context.identity.mac, askedPauseMs(response, answer));
  if (response.status !== 200) return afterWindow(statusFailure(response, {}), windowMs);
  if (!answer) return noJson(response);
  const error = errorFailure(response, answer);
  if (error) return error;
  if (asText(answer.detail) && !answer.mqtt_config) return failed("server-error", errorText(answer));
  learnMove(context, response);
  return success(answer);
}

/** The service's own 404 has a `detail`; any other web server has a 404, too. */
function isNotRegistered({ status }: HttpResponse, answer: Json | undefined): boolean {
  return status === 404 && isOwnNotFound(asText(answer?.detail));
}

/** Older servers do not have each endpoint. */
function isMissing(response: HttpResponse): boolean {
  const { status, body } = response;
  return status === 405 || (status === 404 && !isNotRegistered(response, parseError(body)));
}

function afterWindow({ failure }: Failed, windowMs: number): Failed {
  const { reason, detail, retryAfterMs = 0 } = failure;
  return reason === "rate-limited" ? failed(reason, detail, Math.max(windowMs, retryAfterMs)) : { ok: false, failure };
}

function refusesProductId({ status, body }: HttpResponse): boolean {
  return status === 422 && (errorText(parseError(body) ?? {})?.includes("product_id") ?? false);
}

function numberOf(productId: string): number | undefined {
  return /^\d{1,15}$/.test(productId) ? Number(productId) : undefined;
}

const HEALTH_NAMES: Names = new Set(["status"]);

/** What `/health` says. */
function healthIn(body: string): string | undefined {
  const status = parseObject(body, HEALTH_NAMES)?.status;
  return typeof status === "string" ? status : undefined;
}

/** `/health` tells nothing about the others. */
const DIAGNOSABLE: ReadonlySet<Reason> = new Set([
  "not-registered",
  "unexpected-status",
  "server-error",
  "bad-answer",
  "timeout",
] as const);
const HEALTHY: ReadonlySet<string> = new Set(["healthy", "ok", "up"]);

/** A service that is up and has a 404 for the device does not know it; one that is down cannot know any. */
async function diagnose({ io, url, identity, timeoutMs }: ProvisioningContext, failure: Failure): Promise<Failure> {
  if (!DIAGNOSABLE.has(failure.reason)) return failure;
  const health = await io.http({
    method: "GET",
    url: endpointUrl(url, "health"),
    headers: { accept: "application/json" },
    timeoutMs: timeoutMs ?? TIMEOUT_MS,
  });
  const said = health.ok ? healthIn(health.value.body)?.toLowerCase() : undefined;
  const status = health.ok ? health.value.status : undefined;
  const isUp = status === 200 && said !== undefined && HEALTHY.has(said);
  if (isUp && isNotFound(failure)) return { ...failure, reason: "not-registered", detail: identity.mac };
  const isDown = status === undefined || status >= 500 || (status === 200 && said !== undefined && !isUp);
  if (isDown && (failure.reason === "server-error" || failure.reason === "timeout"))
    return { ...failure, reason: "service-down" };
  return failure;
}

/** `statusFailure` puts the status first. */
function isNotFound({ reason, detail }: Failure): boolean {
  return reason === "not-registered" || (reason === "unexpected-status" && /^404\b/.test(detail ?? ""));
}
