import { boundReply, pendingReply } from "./activation-reply.js";
import { activateFields, errorAnswer, signatureMatches } from "./activation-request.js";
import { type Answer, type CloudRequest, json, type Route, text } from "./http.js";
import { RateLimiter } from "./rate-limit.js";
import type { Device, Registry } from "./registry.js";
import type { CloudContext } from "./settings.js";
import { asObject, canonicalMac, parseObject, printable } from "./text.js";

interface Caller {
  device: Device;
  clientId: string;
  /** The Device-Id header as it was sent. */
  deviceId: string;
}

/**
 * The activation server at `/xiaozhi/ota/`: a query that ends in a six-digit code or in connection settings, and
 * `activate`, where the device proves its key and waits for a person to enter the code.
 */
export class ActivationService {
  readonly #context: CloudContext;
  readonly #registry: Registry;
  readonly #queryLimit: RateLimiter;
  readonly #activateLimit: RateLimiter;

  constructor(context: CloudContext, registry: Registry) {
    this.#context = context;
    this.#registry = registry;
    // No deployed client needs more than one request every 3 s; a loop without a pause runs into this.
    const limit = { limit: 30, windowMs: 60_000, now: context.now, countRefused: false };
    this.#queryLimit = new RateLimiter(limit);
    this.#activateLimit = new RateLimiter(limit);
  }

  routes(): [string, Route][] {
    const ota: Route = {
      endpoint: "ota",
      methods: {
        POST: (request) => this.#query(request),
        GET: () => text(200, "OTA接口运行正常，websocket集群数量：0"),
      },
    };
    const activate: Route = { endpoint: "activate", methods: { POST: (request) => this.#activate(request) } };
    return [
      ["/xiaozhi/ota", ota],
      ["/xiaozhi/ota/", ota],
      ["/xiaozhi/ota/activate", activate],
    ];
  }

  #query(request: CloudRequest): Answer {
    const caller = this.#caller("ota", request, this.#queryLimit);
    if ("status" in caller) return caller;
    const body = parseObject(request.body);
    // The Java server fails without `application` as well.
    if (!body || !asObject(body.application)) {
      return errorAnswer(400, "INVALID_REQUEST", "the body needs a JSON object with `application`");
    }
    const { device, clientId, deviceId } = caller;
    const { log, settings } = this.#context;
    if (device.disabled) {
      log(`ota: ${device.mac} is disabled, 403`);
      return errorAnswer(403, "DEVICE_DISABLED", "设备被管理员禁用");
    }
    if (device.boundClientId === clientId) {
      log(`ota: ${device.mac} is activated, settings sent`);
      const account = this.#registry.xiaozhiAccount(device);
      return { ...json(200, boundReply(this.#context, account, body)), chunked: true };
    }
    const offer = this.#registry.offerTo(device, clientId, deviceId);
    log(`ota: ${device.mac} is not activated, it was given a code`);
    const status = settings.dialect === "seed" ? 202 : 200;
    return { ...json(status, pendingReply(this.#context, offer, body)), chunked: true };
  }

  async #activate(request: CloudRequest): Promise<Answer> {
    const caller = this.#caller("activate", request, this.#activateLimit);
    if ("status" in caller) return caller;
    const refusal = this.#refusal(request, caller);
    if (refusal) return refusal;
    const { device, clientId } = caller;
    await this.#codeEntered(device, clientId, request.gone);
    // While the request was held, the device may have been disabled, forgotten or bound to somebody else.
    if (this.#registry.find(device.mac) !== device) return this.#unknown(device.mac);
    if (device.disabled) return errorAnswer(403, "DEVICE_DISABLED", "设备被管理员禁用");
    if (device.boundClientId !== clientId) return { status: 202, headers: {}, body: "" };
    this.#context.log(`activate: ${device.mac} is activated`);
    return this.#success(device, parseObject(request.body) ?? {});
  }

  #success(device: Device, body: Record<string, unknown>): Answer {
    const account = this.#registry.xiaozhiAccount(device);
    switch (this.#context.settings.activateSuccess) {
      case "settings":
        return { ...json(200, boundReply(this.#context, account, body)), chunked: true };
      case "text":
        return text(200, "success");
      case "empty":
        return { status: 200, headers: {}, body: "" };
    }
  }

  /** Headers and rate, alike for both requests: 400 or 429. */
  #caller(what: string, { headers }: CloudRequest, limiter: RateLimiter): Caller | Answer {
    const deviceId = header(headers["device-id"]);
    const clientId = header(headers["client-id"]);
    const mac = canonicalMac(deviceId);
    if (mac === null || clientId === "") {
      this.#context.log(`${what}: Device-Id or Client-Id missing or wrong, 400`);
      return errorAnswer(400, "INVALID_REQUEST", "Device-Id (a MAC) and Client-Id are needed");
    }
    if (this.#context.settings.rateLimited) {
      const verdict = limiter.take(mac);
      if (!verdict.allowed) {
        this.#context.log(`${what}: ${mac} asks too often, 429`);
        return errorAnswer(429, "TOO_MANY_REQUESTS", "激活请求过于频繁", verdict.retryAfterMs);
      }
    }
    // Only the query makes a device known; `activate` without one is for an unknown device.
    const device = what === "ota" ? this.#registry.seen(mac) : this.#registry.find(mac);
    if (!device) return this.#unknown(mac);
    device.lastSeenMs = this.#context.now();
    const serial = header(headers["serial-number"]);
    if (serial !== "" && !this.#registry.hasKey(mac)) device.serial = printable(serial, 64);
    return { device, clientId, deviceId };
  }

  /** Why `activate` is refused, or null. In the order of the contract's table: 400, 404, 403, 409, 401. */
  #refusal(request: CloudRequest, { device, clientId }: Caller): Answer | null {
    const { settings, log } = this.#context;
    const version = header(request.headers["activation-version"]);
    const fields = activateFields(request.body, /^2(\.|$)/.test(version), settings.activateBody);
    if ("problem" in fields) {
      log(`activate: ${device.mac} sent a bad request, 400 (${fields.problem})`);
      return errorAnswer(400, "INVALID_REQUEST", fields.problem);
    }
    const known = "serial" in fields ? this.#registry.keyOf(fields.serial) : null;
    const mustSign = this.#registry.hasKey(device.mac);
    if ("serial" in fields && known?.mac !== device.mac && (mustSign || known || settings.strictSerials)) {
      log(`activate: ${device.mac} has an unknown serial number, 404`);
      return errorAnswer(404, "SERIAL_NOT_FOUND", "序列号不存在");
    }
    if (device.disabled) {
      log(`activate: ${device.mac} is disabled, 403`);
      return errorAnswer(403, "DEVICE_DISABLED", "设备被管理员禁用");
    }
    if (device.boundClientId !== null && device.boundClientId !== clientId) {
      log(`activate: ${device.mac} is bound to another client, 409`);
      return errorAnswer(409, "ALREADY_ACTIVATED", "设备已被其他客户端激活");
    }
    return this.#signatureRefusal(device, clientId, fields, known?.key ?? null, mustSign);
  }

  #signatureRefusal(
    device: Device,
    clientId: string,
    fields: ReturnType<typeof activateFields>,
    key: Uint8Array | null,
    mustSign: boolean,
  ): Answer | null {
    const { log, now } = this.#context;
    const offer = device.offer?.clientId === clientId ? device.offer : null;
    const expired = !offer || (!offer.used && offer.expiresAtMs <= now());
    if ("serial" in fields && (expired || fields.challenge !== offer.challenge)) {
      log(`activate: ${device.mac} signed a challenge that is not valid any more, 401`);
      return errorAnswer(401, "CHALLENGE_EXPIRED", "Challenge已失效，请重新获取验证码", 5000);
    }
    if ("serial" in fields && key === null) {
      log(`activate: ${device.mac}: the signature could not be checked, no key is known for its serial number`);
      return null;
    }
    if ("serial" in fields ? !signatureMatches(key!, fields.challenge, fields.hmac) : mustSign) {
      log(`activate: ${device.mac} has a wrong signature or none, 401`);
      return errorAnswer(401, "INVALID_HMAC", "HMAC签名验证失败", 5000, "提供的HMAC签名与服务器计算结果不匹配");
    }
    return null;
  }

  #unknown(mac: string): Answer {
    this.#context.log(`activate: ${mac} is unknown, 404`);
    return errorAnswer(404, "DEVICE_NOT_FOUND", "设备不存在");
  }

  /** Resolves when the device is bound, disabled or forgotten, when the hold is over, or when the caller hung up. */
  #codeEntered({ mac, boundClientId }: Device, clientId: string, gone: AbortSignal): Promise<void> {
    const { holdMs } = this.#context.settings;
    if (boundClientId === clientId || holdMs === 0 || gone.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const finish = () => {
        clearTimeout(timer);
        stopListening();
        gone.removeEventListener("abort", finish);
        resolve();
      };
      const timer = setTimeout(finish, holdMs);
      const stopListening = this.#registry.onChange((changed) => {
        if (changed === mac) finish();
      });
      gone.addEventListener("abort", finish);
    });
  }
}

function header(value: string | string[] | undefined): string {
  return typeof value === "string" ? value.trim() : "";
}
