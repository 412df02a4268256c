import { asObject, asString } from "./text.js";

export const httpEndpoints = [
  "device-info",
  "firmware-check",
  "health",
  "data-upload",
  "status-update",
  "ota",
  "activate",
] as const;
/** Where a fault can be put. `mqtt` is the moment of CONNECT, `firmware-file` the download of an image. */
export const endpoints = [...httpEndpoints, "mqtt", "firmware-file"] as const;
export type Endpoint = (typeof endpoints)[number];
export type HttpEndpoint = (typeof httpEndpoints)[number];

export const errorForms = ["error", "success-false", "code-500"] as const;

export type HttpFault =
  /**
   * Any status, with a body (JSON or not), a Retry-After header (seconds or a date) and, in the body that is made
   * where none is given, xiaozhi's `retry_after` in milliseconds.
   */
  | { kind: "status"; status: number; body?: string; retryAfter?: string; retryAfterMs?: number }
  /** To a URL, a hotel's login or the service's new address. */
  | { kind: "redirect"; status: number; to: string }
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

export type FileFault =
  | { kind: "status"; status: number }
  /** The request is read, nothing is ever answered. */
  | { kind: "hang" }
  /** The connection ends after so many bytes of the body that was announced. */
  | { kind: "truncated"; afterBytes: number }
  /** The file's byte at this offset has another bit, where it is asked for. */
  | { kind: "corrupted"; offset: number }
  /** A few bytes at a time. */
  | { kind: "slow"; chunkBytes: number; intervalMs: number }
  /** All of it, whatever part is asked for. */
  | { kind: "no-range" }
  /** In chunks: nobody knows how long it is. */
  | { kind: "no-length" }
  /** To a URL; without one, to itself. */
  | { kind: "redirect"; to?: string };

/** One that waits; `remaining` is null for "until cleared". */
export type PlannedFault = { remaining: number | null } & (
  | ({ endpoint: HttpEndpoint } & HttpFault)
  | ({ endpoint: "mqtt" } & MqttFault)
  | ({ endpoint: "firmware-file" } & FileFault)
);

const maxFileBytes = 64 * 1024 * 1024;

interface Planned<Fault> {
  fault: Fault;
  remaining: number;
}

type AnyFault = HttpFault | MqttFault | FileFault;

/** The faults that are planned, for each endpoint in the order in which they will be met. */
export class Faults {
  readonly #planned = new Map<Endpoint, Planned<AnyFault>[]>();

  /** Plans a fault for the next `times` requests (default: until cleared), after those planned before. */
  add(endpoint: HttpEndpoint, fault: HttpFault, times?: number): void;
  add(endpoint: "mqtt", fault: MqttFault, times?: number): void;
  add(endpoint: "firmware-file", fault: FileFault, times?: number): void;
  add(endpoint: Endpoint, fault: AnyFault, times = Number.POSITIVE_INFINITY): void {
    const queue = this.#planned.get(endpoint) ?? [];
    queue.push({ fault, remaining: times });
    this.#planned.set(endpoint, queue);
  }

  /** Forgets what is planned for one endpoint, or for all. */
  clear(endpoint?: Endpoint): void {
    if (endpoint === undefined) this.#planned.clear();
    else this.#planned.delete(endpoint);
  }

  takeHttp(endpoint: HttpEndpoint): HttpFault | null {
    return this.#take(endpoint) as HttpFault | null;
  }

  takeMqtt(): MqttFault | null {
    return this.#take("mqtt") as MqttFault | null;
  }

  takeFile(): FileFault | null {
    return this.#take("firmware-file") as FileFault | null;
  }

  /** All that is planned, for each endpoint in the order in which it will be met. */
  list(): PlannedFault[] {
    const left = (remaining: number) => (Number.isFinite(remaining) ? remaining : null);
    return [...this.#planned].flatMap(([endpoint, queue]) =>
      queue.map(({ fault, remaining }) => ({ endpoint, remaining: left(remaining), ...fault }) as PlannedFault),
    );
  }

  #take(endpoint: Endpoint): AnyFault | null {
    return takeFirst(this.#planned.get(endpoint) ?? []);
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
  else if (endpoint === "firmware-file") faults.add(endpoint, readFileFault(object), times);
  else faults.add(endpoint, readHttpFault(object), times);
}

function readMqttFault(object: Record<string, unknown>): MqttFault {
  return { kind: readOne(object, "kind", mqttKinds) };
}

export const mqttKinds = ["hang", "cut", "accept-then-close", "unavailable"] as const;
export const httpKinds = [
  "status",
  "redirect",
  "hang",
  "cut",
  "slow",
  "oversized",
  "invalid-json",
  "error-in-200",
] as const;
export const fileKinds = [
  "status",
  "hang",
  "truncated",
  "corrupted",
  "slow",
  "no-range",
  "no-length",
  "redirect",
] as const;

function readFileFault(object: Record<string, unknown>): FileFault {
  const kind = readOne(object, "kind", fileKinds);
  switch (kind) {
    case "status":
      return { kind, status: readInteger(object, "status", 200, 599) };
    case "truncated":
      return { kind, afterBytes: readInteger(object, "afterBytes", 0, maxFileBytes) };
    case "corrupted":
      return { kind, offset: readInteger(object, "offset", 0, maxFileBytes) };
    case "slow":
      return readSlow(object);
    case "redirect":
      return { kind, ...(object.to === undefined ? {} : { to: readUrl(object.to) }) };
    default:
      return { kind };
  }
}

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
    case "redirect":
      return { kind, status: readInteger(object, "status", 300, 399), to: readUrl(object.to) };
    case "cut":
      return { kind, at: readOne(object, "at", ["headers", "body"] as const) };
    case "slow":
      return readSlow(object);
    case "oversized":
      return { kind, bodyBytes: readInteger(object, "bodyBytes", 1, maxFileBytes) };
    case "error-in-200":
      return { kind, form: readOne(object, "form", errorForms) };
    default:
      return { kind };
  }
}

function readSlow(object: Record<string, unknown>): HttpFault & FileFault & { kind: "slow" } {
  return {
    kind: "slow",
    chunkBytes: readInteger(object, "chunkBytes", 1, 65_536),
    intervalMs: readInteger(object, "intervalMs", 1, 600_000),
  };
}

function readUrl(value: unknown): string {
  const text = asString(value) ?? "";
  return /^https?:\/\/[\x21-\x7e]{1,500}$/.test(text) ? text : fail("to: a URL with http or https is needed");
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
