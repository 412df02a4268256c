import { setTimeout as delay } from "node:timers/promises";
import type { ServiceAccount } from "./credentials.js";
import { firmwareReply, fullReply, sparseReply, timestamp } from "./device-reply.js";
import { type Complaint, checkDeviceRequest } from "./device-request.js";
import { type Answer, type CloudRequest, json, type Route } from "./http.js";
import { RateLimiter } from "./rate-limit.js";
import type { Registry } from "./registry.js";
import type { CloudContext } from "./settings.js";
import { printable } from "./text.js";

/**
 * The device provisioning service: `POST /device/info`, `POST /firmware/check`, `GET /health`, with FastAPI's
 * manners: `{"detail": …}` for every error, a list of complaints for 422, no `Retry-After`.
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
    return [
      ["/device/info", { endpoint: "device-info", methods: { POST: (request) => this.#deviceInfo(request) } }],
      ["/firmware/check", { endpoint: "firmware-check", methods: { POST: (request) => this.#firmwareCheck(request) } }],
      ["/health", { endpoint: "health", methods: { GET: () => this.#health() } }],
    ];
  }

  async #deviceInfo(request: CloudRequest): Promise<Answer> {
    const checked = checkDeviceRequest(request, "firmware_version", this.#context.settings.productIdRequired, false);
    if (Array.isArray(checked)) return this.#unprocessable("device/info", checked);
    return this.#afterFloor(() => {
      const service = this.#admit("device/info", request, checked.mac, this.#infoLimit);
      if ("status" in service) return service;
      this.#context.log(`device/info: ${checked.mac} got its settings`);
      const { replyShape } = this.#context.settings;
      const reply = replyShape === "seed" ? fullReply : sparseReply;
      return json(200, reply(this.#context, service, checked));
    });
  }

  async #firmwareCheck(request: CloudRequest): Promise<Answer> {
    const checked = checkDeviceRequest(request, "current_version", this.#context.settings.productIdRequired, true);
    if (Array.isArray(checked)) return this.#unprocessable("firmware/check", checked);
    return this.#afterFloor(() => {
      const service = this.#admit("firmware/check", request, checked.mac, this.#firmwareLimit);
      if ("status" in service) return service;
      return json(200, firmwareReply(this.#context, checked.version ?? ""));
    });
  }

  #health(): Answer {
    return json(200, { status: "healthy", timestamp: timestamp(this.#context), version: "1.0.0" });
  }

  /** The device's account, or the refusal: 429, 404 or 403. */
  #admit(what: string, { ip }: CloudRequest, mac: string, limiter: RateLimiter): ServiceAccount | Answer {
    const { settings, log } = this.#context;
    if (settings.rateLimited) {
      // Both counters move at every request; an address and a device are limited each on its own.
      const verdicts = [limiter.take(`ip ${ip}`), limiter.take(`mac ${mac}`)];
      if (verdicts.some(({ allowed }) => !allowed)) {
        log(`${what}: ${mac} asks too often, 429`);
        return json(429, { detail: "请求过于频繁，请稍后再试" });
      }
    }
    const device = this.#registry.seen(mac);
    device.askedService = true;
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
