import { asObject, asString } from "./text.js";

/** Where a fault can be put. `mqtt` is the moment of CONNECT. */
export const endpoints = [
  "device-info",
  "firmware-check",
  "health",
  "data-upload",
  "status-update",
  "ota",
  "activate",
  "mqtt",
] as const;
export type Endpoint = (typeof endpoints)[number];
export type HttpEndpoint = Exclude<Endpoint, "mqtt">;

export const errorForms = ["error", "success-false", "code-500"] as const;

export type HttpFault =
  /**
   * Any status, with a body (JSON or not), a Retry-After header (seconds or a date) and, in the body that is made
   * where none is given, xiaozhi's `retry_after` in milliseconds.
   */
  | { kind: "status"; status: number; body?: string; retryAfter?: string; retryAfterMs?: number }
  /** The request is read, nothing is ever answered. */
  | { kind: "hang" }
  /** The connection is cut before the status line, or in the middle of the real answer's body. */
  | { kind: "cut"; at: "headers" | "body" }
  /** The real answer, a few bytes at a time. */
  | { kind: "slow"; chunkBytes: number; intervalMs: number }
  /** The real answer with a `padding` member that makes the body this long. */
  | { kind: "oversized"; bodyBytes: number }
  /** 200 and half of the real JSON, properly framed. */
  | { kind: "invalid-json" }
  /** HTTP 200 with an error inside, as the open servers answer: each form has been seen in the wild. */
  | { kind: "error-in-200"; form: (typeof errorForms)[number] };

export type MqttFault =
  /** No CONNACK at all. */
  | { kind: "hang" }
  /** The TCP connection is closed without a CONNACK. */
  | { kind: "cut" }
  /** CONNACK 0, then the connection is closed, even with right credentials. */
  | { kind: "accept-then-close" }
  /** CONNACK 3. */
  | { kind: "unavailable" };

/** One that waits; `remaining` is null for "until cleared". */
export type PlannedFault = { remaining: number | null } & (
  | ({ endpoint: HttpEndpoint } & HttpFault)
  | ({ endpoint: "mqtt" } & MqttFault)
);

interface Planned<Fault> {
  fault: Fault;
  remaining: number;
}

/** The faults that are planned, for each endpoint in the order in which they will be met. */
export class Faults {
  readonly #http = new Map<HttpEndpoint, Planned<HttpFault>[]>();
  readonly #mqtt: Planned<MqttFault>[] = [];

  /** Plans a fault for the next `times` requests (default: until cleared), after those planned before. */
  add(endpoint: HttpEndpoint, fault: HttpFault, times?: number): void;
  add(endpoint: "mqtt", fault: MqttFault, times?: number): void;
  add(endpoint: Endpoint, fault: HttpFault | MqttFault, times = Number.POSITIVE_INFINITY): void {
    if (endpoint === "mqtt") {
      this.#mqtt.push({ fault: fault as MqttFault, remaining: times });
      return;
    }
    const queue = this.#http.get(endpoint) ?? [];
    queue.push({ fault: fault as HttpFault, remaining: times });
    this.#http.set(endpoint, queue);
  }

  /** Forgets what is planned for one endpoint, or for all. */
  clear(endpoint?: Endpoint): void {
    if (endpoint === undefined || endpoint === "mqtt") this.#mqtt.length = 0;
    if (endpoint === undefined) this.#http.clear();
    else if (endpoint !== "mqtt") this.#http.delete(endpoint);
  }

  takeHttp(endpoint: HttpEndpoint): HttpFault | null {
    return takeFirst(this.#http.get(endpoint) ?? []);
  }

  takeMqtt(): MqttFault | null {
    return takeFirst(this.#mqtt);
  }

  /** All that is planned, for each endpoint in the order in which it will be met. */
  list(): PlannedFault[] {
    const left = (remaining: number) => (Number.isFinite(remaining) ? remaining : null);
    const http = [...this.#http].flatMap(([endpoint, queue]) =>
      queue.map(({ fault, remaining }) => ({ endpoint, remaining: left(remaining), ...fault })),
    );
    const mqtt = this.#mqtt.map(({ fault, remaining }) => ({
      endpoint: "mqtt" as const,
      remaining: left(remaining),
      ...fault,
    }));
    return [...http, ...mqtt];
  }
}

function takeFirst<Fault>(queue: Planned<Fault>[]): Fault | null {
  const first = queue[0];
  if (!first) return null;
  first.remaining -= 1;
  if (first.remaining <= 0) queue.shift();
  return first.fault;
}

/**
 * Reads a fault from outside: `{endpoint, kind, times?, …}` with the members of its kind.
 * @throws {RangeError} naming the member that is wrong
 */
export function addFault(faults: Faults, source: unknown): void {
  const object = asObject(source) ?? fail("body: a JSON object is needed");
  const endpoint = readOne(object, "endpoint", endpoints);
  const times = object.times === undefined ? undefined : readInteger(object, "times", 1, 1_000_000);
  if (endpoint === "mqtt") faults.add(endpoint, readMqttFault(object), times);
  else faults.add(endpoint, readHttpFault(object), times);
}

function readMqttFault(object: Record<string, unknown>): MqttFault {
  return { kind: readOne(object, "kind", mqttKinds) };
}

export const httpEndpoints = endpoints.filter((endpoint) => endpoint !== "mqtt");
export const mqttKinds = ["hang", "cut", "accept-then-close", "unavailable"] as const;
export const httpKinds = ["status", "hang", "cut", "slow", "oversized", "invalid-json", "error-in-200"] as const;

function readHttpFault(object: Record<string, unknown>): HttpFault {
  const kind = readOne(object, "kind", httpKinds);
  switch (kind) {
    case "status": {
      const body = object.body;
      const { retryAfter, retryAfterMs } = object;
      return {
        kind,
        status: readInteger(object, "status", 200, 599),
        ...(body === undefined ? {} : { body: asString(body) ?? JSON.stringify(body) }),
        ...(retryAfter === undefined ? {} : { retryAfter: readHeader(retryAfter) }),
        ...(retryAfterMs === undefined ? {} : { retryAfterMs: readInteger(object, "retryAfterMs", 0, 2_147_483_647) }),
      };
    }
    case "cut":
      return { kind, at: readOne(object, "at", ["headers", "body"] as const) };
    case "slow":
      return {
        kind,
        chunkBytes: readInteger(object, "chunkBytes", 1, 65_536),
        intervalMs: readInteger(object, "intervalMs", 1, 600_000),
      };
    case "oversized":
      return { kind, bodyBytes: readInteger(object, "bodyBytes", 1, 64 * 1024 * 1024) };
    case "error-in-200":
      return { kind, form: readOne(object, "form", errorForms) };
    default:
      return { kind };
  }
}

function readOne<Name extends string>(object: Record<string, unknown>, key: string, names: readonly Name[]): Name {
  return names.find((name) => name === object[key]) ?? fail(`${key}: one of ${names.join(", ")} is needed`);
}

function readInteger(object: Record<string, unknown>, key: string, low: number, high: number): number {
  const value = object[key];
  if (typeof value === "number" && Number.isInteger(value) && value >= low && value <= high) return value;
  return fail(`${key}: an integer from ${low} to ${high} is needed`);
}

function readHeader(value: unknown): string {
  const text = typeof value === "number" ? String(value) : (asString(value) ?? "");
  return /^[\x20-\x7e]{1,64}$/.test(text) ? text : fail("retryAfter: seconds or an HTTP date is needed");
}

function fail(message: string): never {
  throw new RangeError(message);
}
