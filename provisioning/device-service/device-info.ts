/** What the device provisioning service answers, of old and of new servers. */
import { failed, type Result } from "../../modules/base/failure.js";
import { asInteger, asObject, asText, type Json, type Names } from "../../modules/data/json.js";
import { checkOffer, type FirmwareOffer } from "../../modules/update/update.js";
import { ERROR_MEMBERS } from "../answers.js";
import { type Configuration, checkConfiguration, milliseconds } from "../configuration.js";
import { MQTT_PORT, MQTTS_PORT, parseBroker } from "../credentials.js";
import { resolveEndpoint } from "../stand-in.js";

const ANSWER_NAMES: Names = new Set<string>([
  ...ERROR_MEMBERS,
  ...["device_id", "device_uuid", "device_secret", "mqtt_config", "api_config"],
  ...["broker", "url", "port", "use_ssl", "client_id", "username", "password", "clean_session", "clean", "topics"],
  ...["keepalive", "keep_alive", "heartbeat_interval", "upload_interval"],
  ...["server", "endpoints", "data_upload", "status_update"],
  ...["firmware_update", "update_available", "available", "version", "latest_version"],
  ...["download_url", "file_size", "checksum", "signature", "changelog", "force"],
]);
const OWN_TOPICS: Names = new Set(["status", "data", "control", "heartbeat"]);
/** Of the application's. */
const MAX_OTHER_TOPICS = 16;

/** Behind `topics` names are the application's, too. */
export class AnswerNames implements Names {
  private others: Names;
  private left = 0;

  constructor(others: Names) {
    this.others = others;
  }

  has(name: string): boolean {
    if (OWN_TOPICS.has(name)) return true;
    if (ANSWER_NAMES.has(name)) {
      this.left = name === "topics" ? MAX_OTHER_TOPICS : 0;
      return true;
    }
    return this.left-- > 0 && this.others.has(name);
  }
}

/** What newer servers leave out has its place elsewhere in the reply. */
export function readDeviceInfo(answer: Json): Result<Configuration> {
  const mqtt = asObject(answer.mqtt_config);
  if (!mqtt) return failed("bad-answer", "mqtt_config is missing");
  const deviceId = asText(answer.device_id);
  const api = asObject(answer.api_config) ?? {};
  return checkConfiguration({
    credentials: {
      ...readBroker(mqtt),
      clientId: mqtt.client_id ?? asText(answer.device_uuid) ?? deviceId,
      username: mqtt.username ?? deviceId,
      password: mqtt.password ?? asText(answer.device_secret),
      topics: mqtt.topics,
      qos: 1,
      cleanSession: mqtt.clean_session ?? mqtt.clean,
    },
    pace: {
      heartbeatMs: milliseconds(api.heartbeat_interval),
      dataMs: milliseconds(api.upload_interval),
      keepAliveMs: milliseconds(mqtt.keepalive ?? mqtt.keep_alive),
    },
    standIn: {
      ...readEndpoints(api),
      deviceId,
      deviceSecret: answer.device_secret ?? mqtt.password,
    },
  });
}

function readEndpoints({ server, endpoints }: Json): { dataUrl: unknown; statusUrl: unknown } {
  const { data_upload, status_update } = asObject(endpoints) ?? {};
  return { dataUrl: resolveEndpoint(data_upload, server), statusUrl: resolveEndpoint(status_update, server) };
}

/** The broker's host, with or without a port, or its URL; `url` counts where there is no broker. */
function readBroker({ broker, url, port, use_ssl }: Json): { host: unknown; port: unknown; tls: unknown } {
  const urls = parseBroker(url);
  const named = broker === undefined || broker === null ? urls : parseBroker(broker);
  const given = named?.port ?? port;
  // Where nothing says a plain no, no sign of TLS may end in a password in clear.
  const tls = named?.tls || (use_ssl ?? (urls?.tls || asInteger(given, 1, 65_535) === MQTTS_PORT));
  return { host: named?.host, port: given ?? (tls ? MQTTS_PORT : MQTT_PORT), tls };
}

/** Beside the settings, an object or null. */
export function readOffer({ firmware_update }: Json, currentVersion: string): FirmwareOffer | undefined {
  const update = asObject(firmware_update);
  return update && offerOf(update, update.available, update.version, currentVersion);
}

/** In the answer to `/firmware/check`. */
export function readCheckedOffer(answer: Json, currentVersion: string): FirmwareOffer | undefined {
  return offerOf(answer, answer.update_available, answer.latest_version, currentVersion);
}

function offerOf(
  { download_url, file_size, checksum, signature, changelog, force }: Json,
  available: unknown,
  version: unknown,
  currentVersion: string,
): FirmwareOffer | undefined {
  if (available === false) return undefined;
  const raw = { version, url: download_url, sizeBytes: file_size, checksum, signature, notes: changelog, force };
  return checkOffer(raw, currentVersion, available === true);
}
