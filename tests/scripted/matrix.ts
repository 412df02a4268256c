/**
 * Every status, endpoint and body shape of the seeds and the reference, and what the device makes of it. Plain
 * JavaScript: Node and bare XS play the same table.
 */
import { failed, type Reason } from "../../modules/base/failure.js";
import type { HttpResponse } from "../../modules/http/http.js";
import { answer, deviceInfo, SECRETS } from "./cloud.js";

export type Endpoint = "device-info" | "firmware-check" | "ota" | "activate";

/** Milliseconds from the failure to the next request; modules/base: floor, and floor plus the first window. */
export interface Wait {
  readonly fromMs: number;
  readonly toMs: number;
}
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
export const waits = {
  now: { fromMs: 0, toMs: SECOND },
  /** The next poll. */
  poll: { fromMs: 2.5 * SECOND, toMs: 3.5 * SECOND },
  soon: { fromMs: 0.5 * SECOND, toMs: 2.5 * SECOND },
  slowly: { fromMs: 8 * SECOND, toMs: 16 * SECOND },
  limited: { fromMs: MINUTE, toMs: MINUTE + 20 * SECOND },
  /** The portal is open and tells why; what it waits for a visitor is on top. */
  daily: { fromMs: 12 * HOUR, toMs: 24 * HOUR + 10 * MINUTE },
} as const satisfies Record<string, Wait>;

/** What becomes of one answer. */
export type Outcome =
  | { readonly kind: "online" }
  /** There is firmware. */
  | { readonly kind: "offered" }
  /** A person has to enter a code. */
  | { readonly kind: "activating" }
  /** The code was accepted without settings: the service is asked for them. */
  | { readonly kind: "accepted" }
  /** The code was not entered yet. */
  | { readonly kind: "pending"; readonly wait: keyof typeof waits }
  | { readonly kind: "failed"; readonly reason: Reason; readonly wait: keyof typeof waits };

export interface Row {
  readonly endpoint: Endpoint;
  readonly status: number;
  readonly shape: string;
  readonly body: unknown;
  readonly redirect?: HttpResponse["redirect"];
  /** In the answer's place: it could not be read. */
  readonly failure?: Reason;
  readonly outcome: Outcome;
}

const mqtt = {
  endpoint: "mqtt.example.com:1883",
  client_id: "GID_default@@@AA_BB_CC_DD_EE_FF@@@AA_BB_CC_DD_EE_FF",
  username: "eyJpcCI6IjEuMi4zLjQifQ==",
  password: SECRETS.mqtt,
  publish_topic: "device-server",
  subscribe_topic: "null",
};
const websocket = { url: "wss://api.example.com/xiaozhi/v1/", token: "ws-token-of-the-test" };
const code = { code: "123456", message: "Enter the code", challenge: "a-challenge", timeout_ms: 300_000 };

/** Bodies that no endpoint wants, whatever their status. */
const errors: Readonly<Record<string, unknown>> = {
  empty: "",
  text: "success",
  html: "<!doctype html><title>nginx</title>",
  "cut JSON": '{"mqtt":{"endpoint":',
  array: [],
  detail: { detail: "no" },
  "detail list": { detail: [{ type: "missing", loc: ["body", "product_id"], msg: "Field required", input: {} }] },
  "route missing": { detail: "Not Found" },
  "error object": { error: { code: "NO", message: "no", details: "none" } },
  "error text": { error: "Device not found" },
  "success false": { success: false, message: "request error." },
  "code 500": { code: 500, msg: "no", data: null },
  "empty object": {},
};
const deep = `${"[".repeat(200)}${"]".repeat(200)}`;

/** What the reference's services send when all is well. */
const rights: Readonly<Record<Endpoint, Readonly<Record<string, unknown>>>> = {
  "device-info": {
    full: deviceInfo(),
    sparse: sparse(),
    "behind a byte order mark": `\ufeff${JSON.stringify(deviceInfo())}`,
    // A JWT.
    "password of 900 characters": deviceInfo("e".repeat(900)),
    "password that is a number": deviceInfo(12_345 as unknown as string),
  },
  "firmware-check": {
    none: { update_available: false, current_version: "1.0.0", latest_version: "1.0.0" },
    offer: { update_available: true, latest_version: "1.1.0", download_url: "http://ota.example.com/1.1.0.bin" },
    // The updater tells what is wrong with it.
    "offer without an address": { update_available: true, latest_version: "1.1.0" },
    "offer at a long address": {
      ...{ update_available: true, latest_version: "1.1.0" },
      download_url: `http://ota.example.com/${"x".repeat(3_000)}`,
    },
  },
  ota: {
    settings: { mqtt, server_time: { timestamp: 1_800_000_000_000, timezone_offset: 480 } },
    "both kinds": { status: "activated", mqtt: { ...mqtt, endpoint: "mqtt.example.com", port: 1883 }, websocket },
    "websocket only": { websocket },
    "code nested": { activation: code, firmware: { version: "1.0.0", url: "http://x/INVALID" } },
    "code flat": { status: "need_activation", ...code },
    "code without challenge": { activation: { code: "123456", message: "m" } },
    "code flat without challenge": { code: "000512", message: "m" },
    "code and settings": { activation: code, mqtt, websocket },
    "code of one digit": { activation: { ...code, code: "0" } },
    "code with signs": { activation: { ...code, code: "12-34-56" } },
    "code unreadable": { activation: { ...code, code: "1".repeat(100) }, mqtt, websocket },
    "challenge alone": { activation: { ...code, code: "" } },
    "activation empty": { activation: {}, mqtt },
  },
  activate: { settings: { status: "activated", mqtt }, "device id": { device_id: 7, activated: true } },
};

/** As newer servers have it. */
function sparse(): object {
  const { device_id, device_uuid, mqtt_config } = deviceInfo() as Record<string, Record<string, unknown>>;
  const { client_id: _clientId, url: _url, ...sparser } = mqtt_config!;
  return { device_id, device_uuid, product_id: 7, mqtt_config: sparser, firmware_update: null };
}

const online: Outcome = { kind: "online" };
const activating: Outcome = { kind: "activating" };
const accepted: Outcome = { kind: "accepted" };
const fails = (reason: Reason, wait: keyof typeof waits): Outcome => ({ kind: "failed", reason, wait });
const unexpected = fails("unexpected-status", "slowly");
const refused = fails("request-refused", "slowly");
const disabled = fails("device-disabled", "daily");
const unregistered = fails("not-registered", "slowly");
const limited = fails("rate-limited", "limited");
const down = fails("server-error", "soon");
const late = fails("timeout", "soon");
const nonsense = fails("bad-answer", "slowly");
const elsewhere = fails("activated-elsewhere", "daily");
const login = fails("login-page", "slowly");
const later: Outcome = { kind: "pending", wait: "slowly" };

/** By status, whatever the body is; a status that is not here is unexpected. */
const byStatus: Readonly<Record<Endpoint, Readonly<Record<number, Outcome>>>> = {
  "device-info": {
    400: refused,
    408: late,
    422: refused,
    429: limited,
    500: down,
    502: down,
    503: down,
    504: down,
    511: login,
  },
  "firmware-check": {
    400: refused,
    // Older servers do not have it.
    404: online,
    405: online,
    408: fails("timeout", "soon"),
    422: refused,
    429: limited,
    500: down,
    502: down,
    503: down,
    504: down,
    511: login,
  },
  ota: {
    400: refused,
    401: fails("signature-refused", "daily"),
    408: late,
    409: elsewhere,
    422: refused,
    429: limited,
    500: down,
    502: down,
    503: down,
    504: down,
    511: login,
  },
  activate: {
    202: { kind: "pending", wait: "poll" },
    400: refused,
    401: fails("signature-refused", "daily"),
    408: { kind: "pending", wait: "soon" },
    409: elsewhere,
    422: refused,
    429: { kind: "pending", wait: "limited" },
    500: { kind: "pending", wait: "soon" },
    502: { kind: "pending", wait: "soon" },
    503: { kind: "pending", wait: "soon" },
    504: { kind: "pending", wait: "soon" },
    511: later,
  },
};

/** Where the body decides as well. */
function byBody(endpoint: Endpoint, status: number, shape: string): Outcome | undefined {
  const isError = ["error object", "error text", "success false", "code 500"].includes(shape);
  /** The service's words; FastAPI has its own for a route that is not there, any web server a page. */
  const isOwn = isError || shape === "detail" || shape === "detail list";
  // A firewall's page and a gateway's `message` are not the service's.
  if (status === 403) return /^(?:detail|route missing|error )/.test(shape) ? disabled : unexpected;
  switch (`${endpoint} ${status}`) {
    case "device-info 200":
      if (Object.hasOwn(rights["device-info"], shape)) return online;
      if (shape === "html") return login;
      return isError || shape === "detail" || shape === "route missing" ? down : nonsense;
    case "device-info 404":
      // The service's own; any other web server has a 404, too, and FastAPI one for a route that is not there.
      return shape === "detail" ? unregistered : undefined;
    case "firmware-check 200":
      if (shape.startsWith("offer")) return { kind: "offered" };
      if (shape === "html") return login;
      if (["none", "empty object", "detail list"].includes(shape)) return online;
      return isError || shape === "detail" || shape === "route missing" ? down : nonsense;
    case "firmware-check 404":
      return shape === "detail" ? unregistered : undefined;
    case "ota 200":
    case "ota 202":
      if (shape.startsWith("code ") && shape !== "code 500" && shape !== "code unreadable") return activating;
      if (isError) return down;
      if (shape === "html") return login;
      // Signed without a person; here the signature is accepted and asked for again, or looked at for ever.
      if (shape === "challenge alone") return status === 200 ? down : unregistered;
      // Settings of a device that is not activated yet are none.
      if (status === 202) return nonsense;
      if (["settings", "both kinds", "activation empty"].includes(shape)) return online;
      return shape === "websocket only" ? fails("no-broker", "slowly") : nonsense;
    case "ota 404":
      return isOwn || shape.startsWith("code flat") ? unregistered : undefined;
    case "activate 404":
      return isOwn || shape === "empty" ? fails("serial-unknown", "slowly") : undefined;
    case "activate 200":
      if (shape === "settings") return online;
      if (shape === "html") return later;
      return isError ? { kind: "pending", wait: "soon" } : accepted;
    default:
      return undefined;
  }
}

const STATUSES = [
  200, 201, 202, 204, 301, 302, 304, 400, 401, 403, 404, 405, 408, 409, 418, 422, 429, 500, 502, 503, 504, 511,
];

/** What is not followed. */
const redirects: Readonly<Record<string, HttpResponse["redirect"]>> = {
  "sent elsewhere": { location: "https://login.hotel.example/?mac=AA", isElsewhere: true },
  "sent from https to http": { location: "http://provision.example.com/", isElsewhere: false },
};

function specialRows(endpoint: Endpoint): Row[] {
  const isLogin = (status: number, shape: string) => shape === "sent elsewhere" && status !== 301 && status !== 308;
  const found = endpoint === "activate" ? later : login;
  const rows = [301, 302, 303, 307, 308].flatMap((status) =>
    Object.entries(redirects).map(([shape, redirect]) => {
      const outcome = isLogin(status, shape) ? found : unexpected;
      return { endpoint, status, shape, body: "", redirect, outcome };
    }),
  );
  const compressed = endpoint === "activate" ? later : fails("answer-compressed", "slowly");
  const spoilt = { endpoint, status: 200, body: "", failure: "answer-compressed", shape: "compressed" } as const;
  return [...rows, { ...spoilt, outcome: compressed }];
}

/** The endpoint's whole table. */
export function rowsOf(endpoint: Endpoint): Row[] {
  const shapes = { ...rights[endpoint], ...errors, "nested deeply": deep };
  const rows = STATUSES.flatMap((status) =>
    Object.entries(shapes).map(([shape, body]) => ({
      endpoint,
      status,
      shape,
      body,
      outcome: byBody(endpoint, status, shape) ?? byStatus[endpoint][status] ?? unexpected,
    })),
  );
  return [...rows, ...specialRows(endpoint)];
}

export const reply = ({ status, body, redirect, failure }: Row) =>
  failure ? failed(failure) : answer(status, body, redirect);
