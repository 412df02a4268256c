import { type Complaint, jsonBody } from "./device-request.js";
import { type Answer, type CloudRequest, json, type Route } from "./exchange.js";
import type { Registry } from "./registry.js";
import type { CloudContext } from "./settings.js";
import type { RecentMessages } from "./state.js";
import type { CloudSettings } from "./switches.js";
import { asObject, printable } from "./text.js";

/** Below the path prefix. */
export const apiPaths = { data: "/api/devices/data/upload", status: "/api/devices/status/update" };

/** What a device sent over HTTP, without its secret. */
export interface Upload {
  readonly mac: string;
  readonly kind: keyof typeof apiPaths;
  readonly content: Readonly<Record<string, unknown>>;
}

interface Parts {
  readonly context: CloudContext;
  readonly registry: Registry;
  readonly messages: RecentMessages;
  readonly uploads: Upload[];
}

/** No more are kept. */
const maxUploads = 10_000;

/** The backend that takes readings and status over HTTP, for devices that MQTT is blocked for. FastAPI, too. */
export class DeviceApi {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  routes(): [string, Route][] {
    const post = (kind: Upload["kind"]) => ({ POST: (request: CloudRequest) => this.#take(kind, request) });
    return [
      [apiPaths.data, { endpoint: "data-upload", methods: post("data") }],
      [apiPaths.status, { endpoint: "status-update", methods: post("status") }],
    ];
  }

  #take(kind: Upload["kind"], request: CloudRequest): Answer {
    const { context, registry, messages, uploads } = this.#parts;
    const body = jsonBody(request);
    const complaints = Array.isArray(body) ? body : complaintsAbout(body, kind, context.settings.uploadForm);
    if (Array.isArray(body) || complaints.length > 0) {
      const fields = complaints.map(({ loc }) => loc.slice(1).join(".")).join(", ");
      context.log(`${kind} over HTTP: request refused, 422 (${printable(fields)})`);
      return json(422, { detail: complaints });
    }
    const { device_id, device_secret, ...content } = body;
    const device = registry.serviceDevice(String(device_id), String(device_secret));
    if (!device) {
      context.log(`${kind} over HTTP: ${printable(String(device_id))} refused, 401`);
      return json(401, { detail: "设备ID或密钥无效" });
    }
    if (device.disabled) return json(403, { detail: "设备已被禁用" });
    const { mac } = registry.seen(device.mac);
    uploads.push({ mac, kind, content });
    if (uploads.length > maxUploads) uploads.shift();
    messages.add({ direction: "up", mac, topic: `HTTP ${apiPaths[kind]}`, payload: JSON.stringify(content) });
    context.log(`${kind} over HTTP: ${mac} sent ${Buffer.byteLength(request.body)} bytes`);
    const message = kind === "data" ? "数据上传成功" : "设备状态更新成功";
    return json(200, { code: 200, message, data: { device_id } });
  }
}

/** Pydantic's: it quotes what it does not take, the secret included. */
function complaintsAbout(
  body: Record<string, unknown>,
  kind: Upload["kind"],
  form: CloudSettings["uploadForm"],
): Complaint[] {
  const complaints: Complaint[] = [];
  const complain = (key: string, type: string, msg: string) =>
    complaints.push({ type, loc: ["body", key], msg, input: body[key] ?? body });
  for (const key of ["device_id", "device_secret"]) {
    if (body[key] === undefined) complain(key, "missing", "Field required");
    else if (typeof body[key] !== "string") complain(key, "string_type", "Input should be a valid string");
  }
  const { sensors, status } = body;
  if (kind === "status" && form === "list") {
    if (typeof status !== "string") complain("status", "string_type", "Input should be a valid string");
  } else if (status !== undefined && !asObject(status)) {
    complain("status", "dict_type", "Input should be a valid dictionary");
  }
  if (kind === "data" && form === "list" && sensors !== undefined && !isSensorList(sensors))
    complain("sensors", "list_type", "Input should be a valid list");
  if (form === "object" && sensors !== undefined && !asObject(sensors))
    complain("sensors", "dict_type", "Input should be a valid dictionary");
  return complaints;
}

function isSensorList(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.map(asObject).every((item) => typeof item?.sensor_name === "string" && typeof item.value === "number")
  );
}
