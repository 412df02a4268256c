import type { Broker, Traffic } from "./broker.js";
import type { Endpoint, Faults } from "./faults.js";
import type { HttpFront } from "./http.js";
import type { Device, Registry } from "./registry.js";
import type { CloudContext } from "./settings.js";
import { printable } from "./text.js";

/**
 * `seen`: called the activation server, its code ran out; `unregistered`: the device service turned it away;
 * `registered`: the device service knows it; `waiting`: it shows a code; `activated`: a person entered the code.
 */
export type DeviceState = "seen" | "unregistered" | "registered" | "waiting" | "activated" | "online" | "disabled";

export const deviceActions = ["register", "disable", "enable", "forget", "ping", "reboot"] as const;
export type DeviceAction = (typeof deviceActions)[number];

export interface DeviceView {
  mac: string;
  serial: string | null;
  state: DeviceState;
  lastSeenMs: number | null;
  /** What can be done with it now. */
  actions: DeviceAction[];
}

export interface MessageView extends Traffic {
  id: number;
  atMs: number;
}

/** What the page shows and `GET /admin/state` answers. Holds no secret and no code. */
export interface CloudState {
  deviceServiceUrl: string;
  xiaozhiUrl: string;
  brokerUrl: string;
  devices: DeviceView[];
  /** The newest first. */
  messages: MessageView[];
  requests: HttpFront["counts"];
  faults: { endpoint: Endpoint; kind: string; remaining: number | null }[];
}

/** The last messages to and from devices, cut to a length that a page can show. */
export class RecentMessages {
  readonly #now: () => number;
  readonly #messages: MessageView[] = [];
  #lastId = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  add({ direction, mac, topic, payload }: Traffic): void {
    this.#lastId += 1;
    const shown = { topic: printable(topic, 120), payload: printable(payload, 400) };
    this.#messages.unshift({ id: this.#lastId, atMs: this.#now(), direction, mac, ...shown });
    this.#messages.length = Math.min(this.#messages.length, 50);
  }

  list(): MessageView[] {
    return [...this.#messages];
  }
}

interface Sources {
  context: CloudContext;
  registry: Registry;
  broker: Broker;
  faults: Faults;
  messages: RecentMessages;
  counts: HttpFront["counts"];
}

export function cloudState({ context, registry, broker, faults, messages, counts }: Sources): CloudState {
  const { httpOrigin, host, mqttPort } = context.addresses;
  const view = (device: Device): DeviceView => {
    const online = broker.isOnline(device.mac);
    const { mac, serial, lastSeenMs } = device;
    return {
      mac,
      serial,
      state: stateOf(device, online, context.now()),
      lastSeenMs,
      actions: actionsOf(device, online),
    };
  };
  return {
    deviceServiceUrl: httpOrigin,
    xiaozhiUrl: `${httpOrigin}/xiaozhi/ota/`,
    brokerUrl: `mqtt://${host}:${mqttPort}`,
    devices: registry.list().map(view),
    messages: messages.list(),
    requests: { ...counts },
    faults: faults.list(),
  };
}

function stateOf(device: Device, online: boolean, nowMs: number): DeviceState {
  if (device.disabled) return "disabled";
  if (online) return "online";
  if (device.offer && !device.offer.used && device.offer.expiresAtMs > nowMs) return "waiting";
  if (device.boundClientId !== null) return "activated";
  if (device.service) return "registered";
  return device.askedService ? "unregistered" : "seen";
}

function actionsOf(device: Device, online: boolean): DeviceAction[] {
  return [
    ...(device.askedService && !device.service ? (["register"] as const) : []),
    ...(online ? (["ping", "reboot"] as const) : []),
    device.disabled ? "enable" : "disable",
    "forget",
  ];
}
