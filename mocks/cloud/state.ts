import type { AwsDeviceView } from "./aws-device.js";
import type { Broker } from "./broker.js";
import type { Device } from "./device.js";
import { type Dialect, dialectOf } from "./dialects.js";
import type { Dispatcher } from "./dispatcher.js";
import type { Faults, PlannedFault } from "./faults.js";
import type { FirmwareFiles } from "./firmware-files.js";
import type { Registry } from "./registry.js";
import type { CloudContext, FirmwareOffer } from "./settings.js";
import type { CloudSettings } from "./switches.js";
import { printable } from "./text.js";
import type { Traffic } from "./traffic.js";

/**
 * `seen`: called the activation server, its code ran out; `unregistered`: the device service turned it away;
 * `registered`: the device service knows it; `waiting`: it shows a code; `activated`: a person entered the code.
 */
export type DeviceState = "seen" | "unregistered" | "registered" | "waiting" | "activated" | "online" | "disabled";

export const deviceActions = [
  "register",
  "disable",
  "enable",
  "forget",
  "ping",
  "update",
  "reboot",
  "kick",
  "revoke",
] as const;
export type DeviceAction = (typeof deviceActions)[number];

export interface DeviceView {
  mac: string;
  serial: string | null;
  /** Signatures with its serial number are checked. */
  keyKnown: boolean;
  state: DeviceState;
  /** What it shows and a person is to enter, until then; null when it waits for no code. */
  code: string | null;
  /** How often a limit answered it 429. */
  tooManyCount: number;
  lastSeenMs: number | null;
  /** What can be done with it now. */
  actions: DeviceAction[];
}

export interface MessageView extends Traffic {
  id: number;
  atMs: number;
}

/**
 * What the pages show and `GET /admin/state` answers. Both are for who runs the mock: a code that waits is there, since
 * it is on the device's display, too. Keys, passwords and tokens are not.
 */
export interface CloudState {
  deviceServiceUrl: string;
  xiaozhiUrl: string;
  brokerUrl: string;
  brokerRuns: boolean;
  devices: DeviceView[];
  /** The one that was heard last first. */
  awsDevices: readonly AwsDeviceView[];
  /** The newest first. */
  messages: MessageView[];
  requests: Dispatcher["counts"];
  faults: PlannedFault[];
  settings: CloudSettings;
  /** Null when a switch, other than the operator's, makes it differ from every dialect. */
  dialect: Dialect | null;
  firmware: FirmwareOffer | null;
  /** Versions that the cloud serves itself. */
  releases: string[];
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
  files: FirmwareFiles;
  messages: RecentMessages;
  counts: Dispatcher["counts"];
}

export function cloudState({ context, registry, broker, faults, files, messages, counts }: Sources): CloudState {
  const { settings, firmware } = context;
  const { httpOrigin, host, mqttPort } = context.addresses;
  const view = (device: Device): DeviceView => {
    const online = broker.isOnline(device.mac);
    const { mac, serial, tooManyCount, lastSeenMs } = device;
    return {
      mac,
      serial,
      keyKnown: registry.hasKey(mac),
      state: stateOf(device, online, context.now()),
      code: codeOf(device, context.now()),
      tooManyCount,
      lastSeenMs,
      actions: actionsOf(device, online),
    };
  };
  return {
    deviceServiceUrl: httpOrigin + settings.pathPrefix,
    xiaozhiUrl: `${httpOrigin}${settings.pathPrefix}/xiaozhi/ota/`,
    brokerUrl: `${context.brokerTls ? "mqtts" : "mqtt"}://${host}:${mqttPort}`,
    brokerRuns: broker.isRunning,
    devices: registry.list().map(view),
    awsDevices: context.awsDevices(),
    messages: messages.list(),
    requests: { ...counts },
    faults: faults.list(),
    settings: { ...settings },
    dialect: dialectOf(settings),
    firmware,
    releases: files.versions,
  };
}

function stateOf(device: Device, online: boolean, nowMs: number): DeviceState {
  if (device.disabled) return "disabled";
  if (online) return "online";
  if (codeOf(device, nowMs) !== null) return "waiting";
  if (device.boundClientId !== null) return "activated";
  if (device.service) return "registered";
  return device.askedService ? "unregistered" : "seen";
}

function codeOf({ offer, disabled }: Device, nowMs: number): string | null {
  return offer && !offer.used && !disabled && offer.expiresAtMs > nowMs ? offer.code : null;
}

function actionsOf(device: Device, online: boolean): DeviceAction[] {
  return [
    ...(device.askedService && !device.service ? (["register"] as const) : []),
    ...(online ? (["ping", "update", "reboot", "kick"] as const) : []),
    ...(device.service || device.xiaozhi || device.unbound ? (["revoke"] as const) : []),
    device.disabled ? "enable" : "disable",
    "forget",
  ];
}
