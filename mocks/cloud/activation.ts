import { badRequest, disabledAnswer, errorAnswer, noSuchRoute } from "./activation-errors.js";
import { boundReply, pendingReply } from "./activation-reply.js";
import { type ActivateFields, activateFields, isVersion2, signatureMatches } from "./activation-request.js";
import type { Device } from "./device.js";
import { type Answer, type CloudRequest, json, type Route, text } from "./exchange.js";
import { RateLimiter } from "./rate-limit.js";
import type { Registry } from "./registry.js";
import type { CloudContext } from "./settings.js";
import { asObject, asString, canonicalMac, parseObject, printable } from "./text.js";

interface Caller {
  device: Device;
  clientId: string;
  /** The Device-Id header as it was sent. */
  deviceId: string;
}

/** `activate` while nobody has entered the code: 202 and not a byte more. */
const pending: Answer = { status: 202, headers: {}, body: "" };

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
      methods: { POST: (request) => this.#query(request), GET: () => text(200, this.#state()) },
    };
    const activate: Route = { endpoint: "activate", methods: { POST: (request) => this.#activate(request) } };
    return [
      ["/xiaozhi/ota", ota],
      ["/xiaozhi/ota/", ota],
      ["/xiaozhi/ota/activate", activate],
    ];
  }

  /** For a person who opens the address. */
  #state(): string {
    const { settings, addresses } = this.#context;
    switch (settings.getText) {
      case "java":
        return "OTA接口运行正常，websocket集群数量：0";
      case "python":
        return `OTA接口运行正常，向设备发送的websocket地址是：ws://${addresses.host}:${addresses.httpPort}${settings.pathPrefix}/xiaozhi/v1/`;
      case "incomplete":
        return "OTA接口不正常，缺少websocket地址，请登录智控台，在参数管理找到【server.websocket】配置";
    }
  }

  #query(request: CloudRequest): Answer {
    const caller = this.#caller("ota", request, this.#queryLimit);
    if ("status" in caller) return caller;
    const body = parseObject(request.body);
    // The Java server fails without `application` as well.
    if (!body || !asObject(body.application)) {
      return badRequest(this.#context, "body", "the body needs a JSON object with `application`");
    }
    const { device, clientId } = caller;
    device.board = boardName(body) ?? device.board;
    const { log, settings } = this.#context;
    if (device.disabled) {
      log(`ota: ${device.mac} is disabled, 403`);
      return disabledAnswer(this.#context);
    }
    const signs = isVersion2(header(request.headers["activation-version"]));
    const needsCode = settings.activationNeeded && (signs || settings.codeForV1);
    if (!needsCode || this.#registry.isBound(device, clientId)) {
      log(`ota: ${device.mac} is ${needsCode ? "activated" : "not asked for a code"}, settings sent`);
      const account = this.#registry.xiaozhiAccount(device, clientId);
      return { ...json(200, boundReply(this.#context, account, body)), chunked: true };
    }
    return this.#offer(caller, body);
  }

  #offer({ device, clientId, deviceId }: Caller, body: Record<string, unknown>): Answer {
    const { settings, log } = this.#context;
    const offer = this.#registry.offerTo(device, clientId, deviceId);
    const account = settings.settingsWhilePending ? this.#registry.xiaozhiAccount(device, clientId) : null;
    log(`ota: ${device.mac} is not activated, it was given a code`);
    return { ...json(settings.pendingStatus, pendingReply(this.#context, offer, account, body)), chunked: true };
  }

  #activate(request: CloudRequest): Answer | Promise<Answer> {
    const { activateRoute, activateChecked } = this.#context.settings;
    if (!activateRoute) return noSuchRoute();
    return activateChecked ? this.#checkedActivate(request) : this.#easyActivate(request);
  }

  /** As the Java server does it: whoever has a bound MAC has succeeded. */
  #easyActivate({ headers }: CloudRequest): Answer {
    if (headers["device-id"] === undefined) return badRequest(this.#context, "header-absent", "Device-Id is needed");
    const mac = canonicalMac(header(headers["device-id"]));
    const device = mac === null ? null : this.#registry.find(mac);
    if (!device || device.boundClientId === null) return pending;
    return this.#success(device, device.boundClientId, {});
  }

  async #checkedActivate(request: CloudRequest): Promise<Answer> {
    const caller = this.#caller("activate", request, this.#activateLimit);
    if ("status" in caller) return caller;
    const refusal = this.#refusal(request, caller);
    if (refusal) return refusal;
    const { device, clientId } = caller;
    await this.#codeEntered(device, clientId, request.gone);
    // While the request was held, the device may have been disabled, forgotten or bound to somebody else.
    if (this.#registry.find(device.mac) !== device) return this.#unknown(device.mac);
    if (device.disabled) return disabledAnswer(this.#context);
    if (!this.#registry.isBound(device, clientId)) return pending;
    return this.#success(device, clientId, parseObject(request.body) ?? {});
  }

  #success(device: Device, clientId: string, body: Record<string, unknown>): Answer {
    this.#context.log(`activate: ${device.mac} is activated`);
    const account = this.#registry.xiaozhiAccount(device, clientId);
    switch (this.#context.settings.activateSuccess) {
      case "settings":
        return { ...json(200, boundReply(this.#context, account, body)), chunked: true };
      case "text":
        return text(200, "success");
      case "empty":
        return { status: 200, headers: {}, body: "" };
    }
  }

  /** Headers and rate, alike for both requests: bad request or 429. */
  #caller(what: string, { headers }: CloudRequest, limiter: RateLimiter): Caller | Answer {
    const deviceId = header(headers["device-id"]);
    const clientId = header(headers["client-id"]);
    const mac = canonicalMac(deviceId);
    if (mac === null || clientId === "") {
      this.#context.log(`${what}: Device-Id or Client-Id missing or wrong, bad request`);
      const absent = headers["device-id"] === undefined || headers["client-id"] === undefined;
      const blank = deviceId === "" || clientId === "";
      const fault = absent ? "header-absent" : blank ? "header-blank" : "not-a-mac";
      return badRequest(this.#context, fault, "Device-Id (a MAC) and Client-Id are needed");
    }
    // Only the query makes a device known; `activate` without one is for an unknown device.
    const device = what === "ota" ? this.#registry.seen(mac) : this.#registry.find(mac);
    const verdict = this.#context.settings.rateLimited ? limiter.take(mac) : { allowed: true as const };
    if (!verdict.allowed) {
      if (device) device.tooManyCount += 1;
      this.#context.log(`${what}: ${mac} asks too often, 429`);
      const refusal = { status: 429, code: "TOO_MANY_REQUESTS", message: "激活请求过于频繁" };
      return errorAnswer(this.#context, { ...refusal, retryAfterMs: verdict.retryAfterMs });
    }
    if (!device) return this.#unknown(mac);
    device.lastSeenMs = this.#context.now();
    const serial = header(headers["serial-number"]);
    if (serial !== "" && !this.#registry.hasKey(mac)) device.serial = printable(serial, 64);
    return { device, clientId, deviceId };
  }

  /** Why `activate` is refused, or null. In the order of the contract's table: 400, 404, 403, 409, 401. */
  #refusal(request: CloudRequest, { device, clientId }: Caller): Answer | null {
    const { settings, log } = this.#context;
    const signs = isVersion2(header(request.headers["activation-version"]));
    const fields = activateFields(request.body, signs || !settings.activateV1, settings.activateBody);
    if ("problem" in fields) {
      log(`activate: ${device.mac} sent a bad request (${fields.problem})`);
      return badRequest(this.#context, "body", fields.problem);
    }
    const known = "serial" in fields ? this.#registry.keyOf(fields.serial) : null;
    const mustSign = this.#registry.hasKey(device.mac);
    const isHis = known?.mac === device.mac || (known?.mac === null && !mustSign);
    if ("serial" in fields && !isHis && (mustSign || known || settings.strictSerials)) {
      const where = known?.mac ? `, which is known with MAC ${known.mac}` : ", which is unknown";
      log(`activate: ${device.mac} has the serial number ${printable(fields.serial, 64)}${where}, 404`);
      return errorAnswer(this.#context, { status: 404, code: "SERIAL_NOT_FOUND", message: "序列号不存在" });
    }
    if (device.disabled) {
      log(`activate: ${device.mac} is disabled, 403`);
      return disabledAnswer(this.#context);
    }
    if (device.boundClientId !== null && !this.#registry.isBound(device, clientId)) {
      log(`activate: ${device.mac} is bound to another client, 409`);
      const message = "设备已被其他客户端激活";
      return errorAnswer(this.#context, { status: 409, code: "ALREADY_ACTIVATED", message });
    }
    return this.#signatureRefusal(device, clientId, fields, known?.key ?? null);
  }

  #signatureRefusal(device: Device, clientId: string, fields: ActivateFields, key: Uint8Array | null): Answer | null {
    const { log, now, settings } = this.#context;
    const offer = this.#registry.offerOf(device, clientId);
    const expired = !offer || (!offer.used && offer.expiresAtMs <= now());
    if ("serial" in fields && (expired || fields.challenge !== offer.challenge)) {
      log(`activate: ${device.mac} signed a challenge that is not valid any more, 401`);
      const message = "Challenge已失效，请重新获取验证码";
      return errorAnswer(this.#context, { status: 401, code: "CHALLENGE_EXPIRED", message, retryAfterMs: 5000 });
    }
    if ("serial" in fields && key === null) {
      log(`activate: ${device.mac}: the signature could not be checked, no key is known for its serial number`);
      return null;
    }
    const mustSign = this.#registry.hasKey(device.mac);
    if ("serial" in fields ? !signatureMatches(key!, settings.keyForm, fields) : mustSign) {
      log(`activate: ${device.mac} has a wrong signature or none, 401`);
      const details = "提供的HMAC签名与服务器计算结果不匹配";
      const refusal = { status: 401, code: "INVALID_HMAC", message: "HMAC签名验证失败", details };
      return errorAnswer(this.#context, { ...refusal, retryAfterMs: 5000 });
    }
    if ("serial" in fields && this.#registry.keyOf(fields.serial)?.mac === null) {
      log(`activate: ${device.mac} has signed as ${printable(fields.serial, 64)}: nobody else will`);
      this.#registry.own(fields.serial, device.mac);
    }
    return null;
  }

  #unknown(mac: string): Answer {
    this.#context.log(`activate: ${mac} is unknown, 404`);
    return errorAnswer(this.#context, { status: 404, code: "DEVICE_NOT_FOUND", message: "设备不存在" });
  }

  /** Resolves when the device is bound, disabled or forgotten, when the hold is over, or when the caller hung up. */
  #codeEntered(device: Device, clientId: string, gone: AbortSignal): Promise<void> {
    const { holdMs } = this.#context.settings;
    if (this.#registry.isBound(device, clientId) || holdMs === 0 || gone.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const finish = () => {
        clearTimeout(timer);
        stopListening();
        gone.removeEventListener("abort", finish);
        resolve();
      };
      const timer = setTimeout(finish, holdMs);
      const stopListening = this.#registry.onChange((changed) => {
        if (changed === device.mac) finish();
      });
      gone.addEventListener("abort", finish);
    });
  }
}

function header(value: string | string[] | undefined): string {
  return typeof value === "string" ? value.trim() : "";
}

/** `board.type` as the servers put it into a client id. */
function boardName(body: Record<string, unknown>): string | null {
  const type = asString(asObject(body.board)?.type);
  return type ? printable(type, 40).replace(/[^\w.-]/g, "_") : null;
}
