import { createHmac } from "node:crypto";
import type { XiaozhiAccount } from "./credentials.js";
import type { ActivationOffer } from "./offer.js";
import type { CloudContext } from "./settings.js";
import { asObject, asString } from "./text.js";

/** What the open servers send as a URL when there is no firmware to load; it must not be followed. */
const noFirmwareUrl =
  "http://xiaozhi.server.com:8002/xiaozhi/otaMag/download/NOT_ACTIVATED_FIRMWARE_THIS_IS_A_INVALID_URL";

type Body = Record<string, unknown>;

/** The answer to a device that nobody has bound yet; with `account` it holds secrets. */
export function pendingReply(
  context: CloudContext,
  offer: ActivationOffer,
  account: XiaozhiAccount | null,
  body: Body,
): unknown {
  const { settings } = context;
  const activation = activationMembers(context, offer);
  return {
    ...(settings.replyForm === "seed" ? { status: "need_activation" } : {}),
    ...serverTime(context),
    ...(settings.activationForm === "nested" ? { activation } : activation),
    firmware: settings.replyForm === "seed" ? seedFirmware(context, body) : pendingFirmware(context, body),
    ...(account ? connectionSettings(context, account) : {}),
  };
}

function activationMembers({ settings, addresses, now }: CloudContext, offer: ActivationOffer): object {
  const url = `${addresses.httpOrigin}/activate`;
  return {
    code: offer.code,
    message: settings.replyForm === "seed" ? `请访问 ${url} 输入激活码` : `${url}\n${offer.code}`,
    ...(offer.challenge === undefined ? {} : { challenge: offer.challenge }),
    // What is left, not what it began with: the same code is sent again until it runs out.
    ...(settings.timeoutTold ? { timeout_ms: offer.expiresAtMs - now() } : {}),
    ...(settings.activationUrlTold ? { activation_url: url } : {}),
  };
}

/** The answer to an activated device: its connection settings. Holds secrets. */
export function boundReply(context: CloudContext, account: XiaozhiAccount, body: Body): unknown {
  const seed = context.settings.replyForm === "seed";
  return {
    ...(seed ? { status: "activated" } : {}),
    ...serverTime(context),
    ...(seed ? {} : firmwareMember(context, body)),
    ...connectionSettings(context, account),
    ...configuration(context),
  };
}

function connectionSettings(context: CloudContext, account: XiaozhiAccount): object {
  const { settings, addresses } = context;
  const websocket = {
    url: `ws://${addresses.host}:${addresses.httpPort}${settings.pathPrefix}/xiaozhi/v1/`,
    token: websocketToken(context, account),
  };
  const mqtt = {
    ...endpoint(context),
    client_id: account.clientId,
    username: account.username,
    password: account.password,
    publish_topic: account.publishTopic,
    subscribe_topic: settings.subscribeTopic === "null" ? "null" : account.subscribeTopic,
    ...(settings.keepaliveS === 0 ? {} : { keepalive: settings.keepaliveS }),
  };
  return {
    ...(settings.settingsForm === "mqtt" ? {} : { websocket }),
    ...(settings.settingsForm === "websocket" ? {} : { mqtt }),
  };
}

function endpoint({ settings, addresses: { host: name, mqttPort }, brokerTls }: CloudContext): object {
  // The gateway's own port for TLS needs no scheme; this one can be any.
  const host = brokerTls ? `mqtts://${name}` : name;
  switch (settings.endpointForm) {
    case "joined":
      return { endpoint: `${host}:${mqttPort}` };
    case "apart":
      return { endpoint: host, port: mqttPort };
    case "host":
      return { endpoint: host };
  }
}

function configuration({ settings }: CloudContext): { configuration?: object } {
  if (settings.configuration === "none") return {};
  if (settings.configuration === "empty") return { configuration: {} };
  return {
    configuration: {
      heartbeat_interval: settings.configurationHeartbeatS,
      retry_attempts: settings.configurationRetries,
      timeout_ms: settings.configurationTimeoutMs,
    },
  };
}

function serverTime({ settings, now }: CloudContext): { server_time?: object } {
  if (settings.serverTime === "none") return {};
  const zone = settings.serverTime === "zone" ? { timeZone: "Asia/Shanghai" } : {};
  return { server_time: { timestamp: now(), ...zone, timezone_offset: 480 } };
}

function seedFirmware({ firmware: offer }: CloudContext, body: Body): unknown {
  const current = applicationVersion(body);
  return { current_version: current, latest_version: offer?.version ?? current, update_required: false };
}

function pendingFirmware(context: CloudContext, body: Body): unknown {
  return firmware(context.settings.firmwareWhilePending ? context : { ...context, firmware: null }, body);
}

/** `url` is not to be followed while `version` is the device's own. */
function firmware({ firmware: offer, settings }: CloudContext, body: Body): unknown {
  const url = settings.noFirmware === "empty" ? "" : noFirmwareUrl;
  if (!offer) return { version: applicationVersion(body), url };
  const force = settings.forceForm === "number" ? 1 : true;
  const { version, fileSizeBytes: size, sha256, signature } = offer;
  const checksum = { size, sha256, ...(signature === undefined ? {} : { signature }) };
  return {
    version,
    url: offer.url,
    ...(settings.firmwareChecksum ? checksum : {}),
    ...(offer.force ? { force } : {}),
  };
}

function firmwareMember(context: CloudContext, body: Body): { firmware?: unknown } {
  if (!context.firmware && context.settings.noFirmware === "absent") return {};
  // `activate` does not say which version the device runs: without an offer there is nothing to tell it.
  return context.firmware || applicationVersion(body) !== "" ? { firmware: firmware(context, body) } : {};
}

function applicationVersion(body: Body): string {
  return asString(asObject(body.application)?.version) ?? "";
}

/** `base64url(HMAC-SHA256(key, "client|device|seconds")).seconds`, as the Python server makes it. */
function websocketToken({ now }: CloudContext, account: XiaozhiAccount): string {
  const seconds = Math.floor(now() / 1000);
  const signed = createHmac("sha256", account.password).update(`${account.clientId}|${account.mac}|${seconds}`);
  return `${signed.digest("base64url")}.${seconds}`;
}
