/** The device provisioning service: one request that identifies the device by its MAC and gives all it needs. */
import { failed, type Reason, type Result, success } from "../modules/failure/failure.js";
import { joinUrl } from "../modules/http/url.js";
import { asObject, asText, type Json, parseObject } from "../modules/json/json.js";
import { statusFailure } from "./answers.js";
import { checkConfiguration } from "./configuration.js";
import type { Answer, Protocol, ProvisioningContext } from "./protocol.js";

/** The service itself takes at least 100 ms; a slow uplink many times that. */
const TIMEOUT_MS = 15_000;

const reasons: Readonly<Record<number, Reason>> = {
  400: "request-refused",
  403: "device-disabled",
  422: "request-refused",
  429: "rate-limited",
};

export const deviceService: Protocol = {
  query,
  // This service has no codes: registration happens at its operator's.
  activate: async () => success(undefined),
  checkFirmware: async () => success(undefined),
  diagnose: async (_context, failure) => failure,
};

async function query({ io, url, identity, product }: ProvisioningContext): Promise<Result<Answer>> {
  const exchange = await io.http({
    method: "POST",
    url: joinUrl(url, "device/info"),
    headers: { "content-type": "application/json", accept: "application/json" },
    body: JSON.stringify({
      mac_address: identity.mac,
      firmware_version: product.firmwareVersion,
      hardware_version: product.hardwareVersion,
      // Newer servers require it (422), older ones do not look at it.
      product_id: product.productId,
    }),
    timeoutMs: TIMEOUT_MS,
  });
  if (!exchange.ok) return exchange;
  const response = exchange.value;
  const answer = parseObject(response.body);
  // The service's own 404 has a `detail`; any other web server has a 404, too.
  if (response.status === 404 && answer?.detail !== undefined) return failed("not-registered", identity.mac);
  if (response.status !== 200) return statusFailure(response, reasons);
  if (!answer) return failed("bad-answer", "no JSON");
  return readCredentials(answer);
}

/** Old and new servers' replies: what newer ones leave out has its place elsewhere in the reply. */
function readCredentials(answer: Json): Result<Answer> {
  const mqtt = asObject(answer.mqtt_config);
  if (!mqtt) return failed("bad-answer", "mqtt_config is missing");
  const deviceId = asText(answer.device_id);
  const configuration = checkConfiguration({
    credentials: {
      host: mqtt.broker,
      port: mqtt.port ?? 1883,
      tls: mqtt.use_ssl,
      clientId: mqtt.client_id ?? asText(answer.device_uuid) ?? deviceId,
      username: mqtt.username ?? deviceId,
      password: mqtt.password ?? asText(answer.device_secret),
      topics: mqtt.topics,
      qos: 1,
    },
  });
  return configuration.ok ? success({ kind: "configuration", configuration: configuration.value }) : configuration;
}
