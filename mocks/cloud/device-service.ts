import { setTimeout as delay } from "node:timers/promises";
import type { ServiceAccount } from "./credentials.js";
import { deviceReply, firmwareReply, timestamp } from "./device-reply.js";
import { type Complaint, checkDeviceGet, checkDevicePost, type DeviceRequest } from "./device-request.js";
import { methodNotAllowed, notFound } from "./dispatcher.js";
import { type Answer, type CloudRequest, json, type Route } from "./exchange.js";
import { RateLimiter } from "./rate-limit.js";
import type { Registry } from "./registry.js";
import { retryAfterHeader } from "./retry-after.js";
import type { CloudContext } from "./settings.js";
import { printable } from "./text.js";

/**
 * The device provisioning service: `/device/info`, `POST /firmware/check`, `GET /health`, with FastAPI's
 * manners: `{"detail": …}` for every error, a list of complaints for 422.
 */
export class DeviceService {
  readonly #context: CloudContext;
  readonly #registry: Registry;
  readonly #infoLimit: RateLimiter;
  readonly #firmwareLimit: RateLimiter;

  constructor(context: CloudContext, registry: Registry) {
    this.#context = context;
    this.#registry = registry;
    const { now } = context;
    this.#infoLimit = new RateLimiter({ limit: 10, windowMs: 60_000, now, countRefused: true });
    this.#firmwareLimit = new RateLimiter({ limit: 5, windowMs: 300_000, now, countRefused: true });
  }

  routes(): [string, Route][] {
    const info = {
      POST: (request: CloudRequest) => this.#postInfo(request),
      GET: (request: CloudRequest) => this.#getInfo(request),
    };
    const check = { POST: (request: CloudRequest) => this.#firmwareCheck(request) };
    return [
      ["/device/info", { endpoint: "device-info", methods: info }],
      ["/firmware/check", { endpoint: "firmware-check", methods: check }],
      ["/health", { endpoint: "health", methods: { GET: () => this.#health() } }],
    ];
  }

  #postInfo(request: CloudRequest): Answer | Promise<Answer> {
    const productNeeded = this.#context.settings.productIdRequired;
    const form = { versionKey: "firmware_version", versionNeeded: false, productNeeded };
    return this.#info(request, checkDevicePost(request, form));
  }

  #getInfo(request: CloudRequest): Answer | Promise<Answer> {
    const { infoByGet, productIdRequired } = this.#context.settings;
    if (infoByGet === 404) return notFound();
    if (infoByGet === 405) return methodNotAllowed("POST");
    return this.#info(request, checkDeviceGet(request, productIdRequired));
  }

  #info(request: CloudRequest, checked: DeviceRequest | Complaint[]): Answer | Promise<Answer> {
    if (Array.isArray(checked)) return this.#unprocessable("device/info", checked);
    return this.#afterFloor(() => {
      const service = this.#admit("device/info", request, checked.mac, this.#infoLimit);
      if ("status" in service) return service;
      this.#context.log(`device/info: ${checked.mac} got its settings`);
      return json(200, deviceReply(this.#context, service, checked));
    });
  }

  #firmwareCheck(request: CloudRequest): Answer | Promise<Answer> {
    const productNeeded = this.#context.settings.productIdRequired;
    const checked = checkDevicePost(request, { versionKey: "current_version", versionNeeded: true, productNeeded });
    if (Array.isArray(checked)) return this.#unprocessable("firmware/check", checked);
    return this.#afterFloor(() => {
      const service = this.#admit("firmware/check", request, checked.mac, this.#firmwareLimit);
      if ("status" in service) return service;
      return json(200, firmwareReply(this.#context, checked.version ?? ""));
    });
  }

  #health(): Answer {
    const { health: status } = this.#context.settings;
    if (status === "missing") return notFound();
    const body = { status, timestamp: timestamp(this.#context), version: "1.0.0" };
    return json(status === "healthy" ? 200 : 503, body);
  }

  /** The device's account, or the refusal: 429, 404 or 403. */
  #admit(what: string, { ip }: CloudRequest, mac: string, limiter: RateLimiter): ServiceAccount | Answer {
    const { settings, log } = this.#context;
    const device = this.#registry.seen(mac);
    device.askedService = true;
    if (settings.rateLimited) {
      // Both counters move at every request; an address and a device are limited each on its own.
      const verdicts = [limiter.take(`ip ${ip}`), limiter.take(`mac ${mac}`)];
      const waitsMs = verdicts.map((verdict) => (verdict.allowed ? 0 : verdict.retryAfterMs));
      if (verdicts.some(({ allowed }) => !allowed)) {
        device.tooManyCount += 1;
        log(`${what}: ${mac} asks too often, 429`);
        const headers = retryAfterHeader(settings.infoRetryAfter, Math.max(...waitsMs), this.#context.now());
        return json(429, { detail: "请求过于频繁，请稍后再试" }, headers);
      }
    }
    if (device.service === null && settings.autoRegister) {
      this.#registry.register(mac);
      log(`${what}: ${mac} registered by itself`);
    }
    const { service } = device;
    if (service === null) {
      log(`${what}: ${mac} is not registered, 404`);
      return json(404, { detail: "设备未注册" });
    }
    if (device.disabled) {
      log(`${what}: ${mac} is disabled, 403`);
      return json(403, { detail: "设备已被禁用" });
    }
    return service;
  }

  /** Found or not, the answer takes the same least time, so that the time does not tell which MACs exist. */
  async #afterFloor(answer: () => Answer): Promise<Answer> {
    const result = answer();
    const { minimumAnswerMs } = this.#context.settings;
    if (minimumAnswerMs > 0) await delay(minimumAnswerMs);
    return result;
  }

  #unprocessable(what: string, complaints: Complaint[]): Answer {
    const fields = complaints.map(({ loc }) => loc.slice(1).join(".")).join(", ");
    this.#context.log(`${what}: request refused, 422 (${printable(fields)})`);
    return json(422, { detail: complaints });
  }
}
