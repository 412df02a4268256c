import { createHmac } from "node:crypto";
import type { XiaozhiAccount } from "./credentials.js";
import type { ActivationOffer } from "./offer.js";
import type { CloudContext } from "./settings.js";
import { asObject, asString } from "./text.js";

/** What the open servers send as a URL when there is no firmware to load; it must not be followed. */
const noFirmwareUrl =
  "http://xiaozhi.server.com:8002/xiaozhi/otaMag/download/NOT_ACTIVATED_FIRMWARE_THIS_IS_A_INVALID_URL";

/** The answer to a device that nobody has bound yet. */
export function pendingReply(context: CloudContext, offer: ActivationOffer, body: Record<string, unknown>): unknown {
  const { settings, addresses, now } = context;
  const url = `${addresses.httpOrigin}/activate`;
  const activation = {
    code: offer.code,
    message: settings.dialect === "seed" ? `请访问 ${url} 输入激活码` : `${url}\n${offer.code}`,
    challenge: offer.challenge,
    // What is left, not what it began with: the same code is sent again until it runs out.
    timeout_ms: offer.expiresAtMs - now(),
    activation_url: url,
  };
  if (settings.dialect === "seed") {
    const current = applicationVersion(body);
    const latest = context.firmware?.version ?? current;
    const firmware = { current_version: current, latest_version: latest, update_required: false };
    return { status: "need_activation", activation, firmware };
  }
  return { server_time: serverTime(context), activation, firmware: firmware(context, body) };
}

/** The answer to an activated device: its connection settings. Holds secrets. */
export function boundReply(context: CloudContext, account: XiaozhiAccount, body: Record<string, unknown>): unknown {
  const { settings, addresses } = context;
  const seed = settings.dialect === "seed";
  return {
    ...(seed ? { status: "activated" } : { server_time: serverTime(context), ...firmwareMember(context, body) }),
    websocket: {
      url: `ws://${addresses.host}:${addresses.httpPort}/xiaozhi/v1/`,
      token: websocketToken(context, account),
    },
    mqtt: {
      ...(seed
        ? { endpoint: addresses.host, port: addresses.mqttPort }
        : { endpoint: `${addresses.host}:${addresses.mqttPort}` }),
      client_id: account.clientId,
      username: account.username,
      password: account.password,
      publish_topic: account.publishTopic,
      subscribe_topic: account.subscribeTopic,
    },
    configuration: seed ? { heartbeat_interval: 30, retry_attempts: 3, timeout_ms: 10000 } : {},
  };
}

function serverTime({ now }: CloudContext): unknown {
  return { timestamp: now(), timezone_offset: 480 };
}

/** `url` is not to be followed while `version` is the device's own. */
function firmware({ firmware: offer }: CloudContext, body: Record<string, unknown>): unknown {
  if (!offer) return { version: applicationVersion(body), url: noFirmwareUrl };
  return { version: offer.version, url: offer.url, ...(offer.force ? { force: 1 } : {}) };
}

/** `activate` does not say which version the device runs: without an offer there is nothing to tell it. */
function firmwareMember(context: CloudContext, body: Record<string, unknown>): { firmware?: unknown } {
  return context.firmware || applicationVersion(body) !== "" ? { firmware: firmware(context, body) } : {};
}

function applicationVersion(body: Record<string, unknown>): string {
  return asString(asObject(body.application)?.version) ?? "";
}

/** `base64url(HMAC-SHA256(key, "client|device|seconds")).seconds`, as the Python server makes it. */
function websocketToken({ now }: CloudContext, account: XiaozhiAccount): string {
  const seconds = Math.floor(now() / 1000);
  const signed = createHmac("sha256", account.password).update(`${account.clientId}|${account.mac}|${seconds}`);
  return `${signed.digest("base64url")}.${seconds}`;
}
