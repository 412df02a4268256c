import type { ServiceAccount } from "./credentials.js";
import { apiPaths } from "./device-api.js";
import type { DeviceRequest } from "./device-request.js";
import type { CloudContext, FirmwareOffer } from "./settings.js";

/** The contract's reply, or the shorter one of newer servers; each member that a switch names as the switch says. */
export function deviceReply(context: CloudContext, service: ServiceAccount, request: DeviceRequest): unknown {
  const full = context.settings.replyShape === "seed";
  const { clientId, username, password } = service;
  return {
    device_id: username,
    device_uuid: clientId,
    ...(full ? { device_secret: password } : {}),
    mac_address: service.mac,
    ...productId(context, request),
    mqtt_config: {
      ...brokerAddress(context),
      use_ssl: context.brokerTls !== undefined,
      username,
      password,
      ...(full ? { client_id: clientId } : {}),
      ...topics(context, service),
      ...session(context),
    },
    ...apiConfig(context),
    firmware_update: firmwareUpdate(context, request.version),
    ...(full ? { message: "设备配置获取成功", timestamp: timestamp(context) } : {}),
  };
}

function brokerAddress({ settings, addresses, brokerTls }: CloudContext): object {
  const { brokerForm, replyShape } = settings;
  const { host, mqttPort } = addresses;
  const form = brokerForm === "usual" ? (replyShape === "seed" ? "both" : "host") : brokerForm;
  return {
    ...(form === "url" ? {} : { broker: host, port: mqttPort }),
    ...(form === "host" ? {} : { url: `${brokerTls ? "mqtts" : "mqtt"}://${host}:${mqttPort}` }),
  };
}

function topics({ settings }: CloudContext, service: ServiceAccount): object {
  const { data, control, status, heartbeat } = service.topics;
  const usual = settings.replyShape === "seed" ? { data, control, status } : { data, control, status, heartbeat };
  const root = `devices/${service.clientId}`;
  switch (settings.topics) {
    case "usual":
      return { topics: usual };
    case "none":
      return {};
    case "more":
      return { topics: { ...usual, heartbeat, alarm: `${root}/alarm`, "log/debug": `${root}/log/debug` } };
  }
}

/** A number where the request's is one; else 1, as the contract's own example has it. */
function productId({ settings }: CloudContext, { productId: asked }: DeviceRequest): object {
  switch (settings.productIdInReply) {
    case "usual":
      return settings.replyShape === "seed" ? {} : { product_id: asked };
    case "absent":
      return {};
    case "string":
      return { product_id: String(asked ?? 1) };
    case "number":
      return { product_id: Number.isInteger(Number(asked)) && asked !== null ? Number(asked) : 1 };
    case "null":
      return { product_id: null };
  }
}

function session({ settings: { cleanSession, infoKeepaliveS } }: CloudContext): object {
  return {
    ...(cleanSession === "absent" ? {} : { clean_session: cleanSession === "clean" }),
    ...(infoKeepaliveS === 0 ? {} : { keepalive: infoKeepaliveS }),
  };
}

function apiConfig({ settings, addresses }: CloudContext): object {
  const { replyShape, pathPrefix, heartbeatIntervalS, uploadIntervalS } = settings;
  const form = settings.apiConfig === "usual" ? (replyShape === "seed" ? "whole" : "absent") : settings.apiConfig;
  if (form === "absent") return {};
  const server = addresses.httpOrigin + pathPrefix;
  const base = form === "whole" ? server : "";
  const endpoints = {
    register: `${base}/api/devices/register`,
    data_upload: base + apiPaths.data,
    status_update: base + apiPaths.status,
  };
  const intervals = {
    ...(heartbeatIntervalS === 0 ? {} : { heartbeat_interval: heartbeatIntervalS }),
    ...(uploadIntervalS === 0 ? {} : { upload_interval: uploadIntervalS }),
  };
  return { api_config: { server, endpoints, ...intervals } };
}

/** `usual` is what the reply's shape has. */
function checksum({ settings }: CloudContext, sha256: string, usual: "prefixed" | "bare"): string {
  const form = settings.checksumForm === "usual" ? usual : settings.checksumForm;
  return form === "prefixed" ? `sha256:${sha256}` : sha256;
}

function signature({ signature: der }: FirmwareOffer): { signature?: string } {
  return der === undefined ? {} : { signature: der };
}

/** "Available" means different, not newer: an older version is offered as well. */
function firmwareUpdate(context: CloudContext, version: string | null): unknown {
  const offer = context.firmware;
  if (!offer || offer.version === version) return null;
  return {
    available: true,
    version: offer.version,
    download_url: offer.url,
    file_size: offer.fileSizeBytes,
    checksum: checksum(context, offer.sha256, context.settings.replyShape === "seed" ? "prefixed" : "bare"),
    ...signature(offer),
    changelog: offer.changelog,
  };
}

export function firmwareReply(context: CloudContext, version: string): unknown {
  const offer = context.firmware;
  if (!offer || offer.version === version) {
    return { update_available: false, current_version: version, latest_version: version, message: "当前已是最新版本" };
  }
  return {
    update_available: true,
    current_version: version,
    latest_version: offer.version,
    download_url: offer.url,
    file_size: offer.fileSizeBytes,
    checksum: checksum(context, offer.sha256, "prefixed"),
    ...signature(offer),
    changelog: offer.changelog,
    message: "有新版本可用",
  };
}

/** Python's `datetime.isoformat()`: microseconds, no zone. */
export function timestamp({ now }: CloudContext): string {
  return new Date(now()).toISOString().replace(/Z$/, "000");
}
