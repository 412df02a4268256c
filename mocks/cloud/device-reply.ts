import type { ServiceAccount } from "./credentials.js";
import type { DeviceRequest } from "./device-request.js";
import type { CloudContext } from "./settings.js";

/** The contract's reply. */
export function fullReply(context: CloudContext, service: ServiceAccount, { version }: DeviceRequest): unknown {
  const { host, mqttPort, httpOrigin } = context.addresses;
  const { data, control, status } = service.topics;
  return {
    device_id: service.username,
    device_uuid: service.clientId,
    device_secret: service.password,
    mac_address: service.mac,
    mqtt_config: {
      broker: host,
      port: mqttPort,
      use_ssl: false,
      url: `mqtt://${host}:${mqttPort}`,
      username: service.username,
      password: service.password,
      client_id: service.clientId,
      topics: { data, control, status },
    },
    api_config: {
      server: httpOrigin,
      endpoints: {
        register: `${httpOrigin}/api/devices/register`,
        data_upload: `${httpOrigin}/api/devices/data/upload`,
        status_update: `${httpOrigin}/api/devices/status/update`,
      },
    },
    firmware_update: firmwareUpdate(context, version, "sha256:"),
    message: "设备配置获取成功",
    timestamp: timestamp(context),
  };
}

/** The shorter reply of newer servers. */
export function sparseReply(
  context: CloudContext,
  service: ServiceAccount,
  { version, productId }: DeviceRequest,
): unknown {
  const { host, mqttPort } = context.addresses;
  const { username, password, topics } = service;
  return {
    device_id: username,
    device_uuid: service.clientId,
    mac_address: service.mac,
    product_id: productId,
    mqtt_config: { broker: host, port: mqttPort, use_ssl: false, username, password, topics },
    firmware_update: firmwareUpdate(context, version, ""),
  };
}

/** "Available" means different, not newer: an older version is offered as well. */
function firmwareUpdate(context: CloudContext, version: string | null, checksumPrefix: string): unknown {
  const offer = context.firmware;
  if (!offer || offer.version === version) return null;
  return {
    available: true,
    version: offer.version,
    download_url: offer.url,
    file_size: offer.fileSizeBytes,
    checksum: `${checksumPrefix}${offer.sha256}`,
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
    checksum: `sha256:${offer.sha256}`,
    changelog: offer.changelog,
    message: "有新版本可用",
  };
}

/** Python's `datetime.isoformat()`: microseconds, no zone. */
export function timestamp({ now }: CloudContext): string {
  return new Date(now()).toISOString().replace(/Z$/, "000");
}
