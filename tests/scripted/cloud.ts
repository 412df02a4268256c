/** What a device meets out there, as scripts. */
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { type Result, success } from "../../modules/base/failure.js";
import { toHex } from "../../modules/data/hex.js";
import type { HttpRequest, HttpResponse } from "../../modules/http/http.js";
import { bytes, KEY } from "./identity.js";
import type { Script } from "./script.js";
import { pathOf } from "./world.js";

export const SECRETS = { wifi: "wifi-pass-word", mqtt: "mqtt-pass-word" };
export const SERVICE_URL = "http://provision.example.com";
export const XIAOZHI_URL = "http://cloud.example.com/xiaozhi/ota/";

export function answer(status: number, body: unknown, redirect?: HttpResponse["redirect"]): Result<HttpResponse> {
  return success({ status, body: typeof body === "string" ? body : JSON.stringify(body), redirect });
}

/** As `seedInfo`, without the endpoints where HTTP stands in for MQTT: most tests count requests. */
export function deviceInfo(password = SECRETS.mqtt): object {
  return { ...seedInfo(password), api_config: {} };
}

/** The seed's reply of the device provisioning service. */
export function seedInfo(password = SECRETS.mqtt): object {
  return {
    device_id: "AIOT-ESP32-12345678",
    device_uuid: "550e8400-e29b-41d4-a716-446655440000",
    device_secret: password,
    mac_address: "AA:BB:CC:DD:EE:FF",
    mqtt_config: {
      broker: "mqtt.example.com",
      port: 1883,
      use_ssl: false,
      url: "mqtt://mqtt.example.com:1883",
      username: "AIOT-ESP32-12345678",
      password,
      client_id: "550e8400-e29b-41d4-a716-446655440000",
      topics: { data: "devices/550e/data", control: "devices/550e/control", status: "devices/550e/status" },
    },
    api_config: {
      server: "http://api.example.com",
      endpoints: {
        register: "http://api.example.com/api/devices/register",
        data_upload: "http://api.example.com/api/devices/data/upload",
        status_update: "http://api.example.com/api/devices/status/update",
      },
    },
    firmware_update: null,
    message: "设备配置获取成功",
    timestamp: "2025-11-06T10:30:00.123456",
  };
}

/** The device provisioning service as it stands there: it tells that it is one, and `info` gives the configuration. */
export function deviceService(info: Script["http"]): Script["http"] {
  return (request) => (pathOf(request) === "/health" ? answer(200, { status: "healthy" }) : info(request));
}

/** A network that takes `SECRETS.wifi`, a device service that knows the device, a broker that takes its password. */
export function goodWorld(): Script {
  return {
    http: deviceService(() => answer(200, deviceInfo())),
    broker: ({ password }) => (password.reveal() === SECRETS.mqtt ? undefined : "broker-credentials"),
    join: (_ssid, password) => (password === SECRETS.wifi ? undefined : "wifi-password"),
    networks: [{ ssid: "Home", rssi: -50, secured: true }],
  };
}

/** The xiaozhi server: a code, the challenge's signature checked, pending until `entered`, then settings by a new query. */
export class Activation {
  readonly code = "123456";
  challenge = "dac852d6-4ac4-4650-ba1a-c2a5bf00a766";
  entered = false;
  activated = false;
  polls = 0;

  http = (request: HttpRequest): Result<HttpResponse> => {
    if (pathOf(request) === "/xiaozhi/ota/activate") return this.#activate(request);
    if (this.activated) return answer(200, { mqtt: this.settings, configuration: this.configuration });
    const activation = { code: this.code, message: "Enter the code", challenge: this.challenge, timeout_ms: 300_000 };
    return answer(200, { activation });
  };

  settings = {
    endpoint: "mqtt.example.com:1883",
    client_id: "GID_default@@@aa_bb@@@uuid",
    username: "eyJpcCI6IjEuMi4zLjQifQ==",
    password: SECRETS.mqtt,
    publish_topic: "device-server",
    subscribe_topic: "devices/p2p/aa_bb",
  };

  /** How the settings are to be used, where the server says so. */
  configuration: { retry_attempts: number } | undefined;

  #activate(request: HttpRequest): Result<HttpResponse> {
    this.polls++;
    const body = JSON.parse(request.body ?? "{}") as { hmac?: string; challenge?: string };
    const expected = toHex(hmac(sha256, KEY, bytes(this.challenge)));
    if (body.hmac !== expected || body.challenge !== this.challenge)
      return answer(401, { error: { code: "INVALID_HMAC" } });
    if (!this.entered) return answer(202, "");
    this.activated = true;
    return answer(200, "success");
  }
}
