/** What the device says and does while it is connected to its broker. */
import type { Configuration } from "../../provisioning/configuration.js";
import type { Credentials } from "../../provisioning/credentials.js";
import type { Service } from "../../provisioning/protocols.js";
import type { Cancel } from "../clock/clock.js";
import { type Failure, failed, printable, type Result } from "../failure/failure.js";
import type { Device } from "../lifecycle/device.js";
import type { Incoming, MqttSession, Qos } from "../mqtt/mqtt.js";
import type { UpdateStatus } from "../update/update.js";
import { answerControl, type EndingAction, type Present } from "./control.js";
import { every, type Refreshed, startRefreshing } from "./refresh.js";

/** Why a session is over. */
export type Ending =
  | { readonly kind: "lost"; readonly failure: Failure }
  | { readonly kind: EndingAction | "update" }
  | Refreshed;

export interface SessionOptions {
  readonly configuration: Configuration;
  readonly service: Service;
  onConnected(): void;
  onChanged(configuration: Configuration): void;
  /** The connection has lasted for longer than the brokers take that accept everybody first. */
  onProven(): void;
  /** The status of an update has changed. */
  onUpdate(status: UpdateStatus | undefined): void;
}

const KEEP_ALIVE_MS = 60_000;
const STATUS_INTERVAL_MS = 60_000;
const CONNECT_TIMEOUT_MS = 20_000;
/** Some brokers accept everybody, look at the password then, and close. */
const PROOF_MS = 5_000;
const MAX_NOTE_CHARACTERS = 200;
/** A last answer needs the time to leave the socket before the machine restarts. */
const LAST_WORDS_MS = 500;

/** Connects, stays, and ends with the reason why it is over. */
export async function runSession(device: Device, options: SessionOptions): Promise<Ending> {
  const { clock, log, wifi } = device;
  const { credentials, pace } = options.configuration;
  const { topics, qos } = credentials;
  let action: EndingAction | undefined;
  let end!: (ending: Ending) => void;
  const ending = new Promise<Ending>((resolve) => {
    end = resolve;
  });
  const session = await connect(device, options.configuration, control);
  if (!session.ok) return { kind: "lost", failure: session.failure };
  const mqtt = session.value;

  function present(): Present {
    return { uptimeSeconds: uptimeSeconds(device), mayCheckFirmware: device.pauses.remainingMs("firmware") === 0 };
  }

  function control({ payload, retained }: Incoming): void {
    // A retained `reboot` would come again after each restart.
    const answered = retained ? undefined : answerControl(payload, present());
    if (!answered) {
      log.note(`control: a message that is ${retained ? "retained" : "no command"} was dropped`);
      return;
    }
    log.note(`control: ${printable(JSON.stringify(answered.reply), MAX_NOTE_CHARACTERS)}`);
    publish(mqtt, qos, topics.status, answered.reply, false);
    if (answered.action === "update") {
      device.updates.asked();
      refreshing.checkFirmware();
    } else action ??= answered.action;
    if (action) clock.after(LAST_WORDS_MS, () => end({ kind: action! }));
  }

  options.onConnected();
  wifi.onLost = () => mqtt.close(failed("wifi-lost").failure);
  // What was answered is done, also where the connection breaks right after the answer.
  void mqtt.ended.then((failure) => end(action ? { kind: action } : { kind: "lost", failure }));
  const refreshing = startRefreshing(device, { ...options, onRefreshed: end });
  const reports = startReports(device, mqtt, credentials, pace.heartbeatMs ?? STATUS_INTERVAL_MS);
  const stops = [
    reports.stop,
    refreshing.stop,
    device.updates.online({
      utcOffsetMinutes: options.configuration.utcOffsetMinutes,
      onChange() {
        options.onUpdate(device.updates.status);
        reports.sayStatus();
      },
      onReady: () => end({ kind: "update" }),
    }),
    clock.after(PROOF_MS, options.onProven),
  ];

  const result = await ending;
  wifi.onLost = undefined;
  for (const stop of stops) stop();
  // A status that says "offline" for the seconds of a restart helps nobody.
  mqtt.close(failed("broker-closed").failure, result.kind === "reboot" || result.kind === "update");
  return result;
}

/** Status and data, now and from time to time. */
function startReports(
  device: Device,
  mqtt: MqttSession,
  { topics, qos }: Credentials,
  statusMs: number,
): { sayStatus(): void; stop: Cancel } {
  const sayStatus = () => publish(mqtt, qos, topics.status, status(device), true);
  const sayData = () => publish(mqtt, qos, topics.data, reading(device), false);
  sayStatus();
  sayData();
  const cancels = [every(device.clock, statusMs, sayStatus), every(device.clock, device.build.dataIntervalMs, sayData)];
  return {
    sayStatus,
    stop() {
      for (const cancel of cancels) cancel();
    },
  };
}

function connect(
  device: Device,
  { credentials: { topics, ...credentials }, pace }: Configuration,
  onControl: (message: Incoming) => void,
): Promise<Result<MqttSession>> {
  const { status, control } = topics;
  return device.mqtt({
    ...credentials,
    cleanSession: true,
    keepAliveMs: pace.keepAliveMs ?? KEEP_ALIVE_MS,
    timeoutMs: pace.timeoutMs ?? CONNECT_TIMEOUT_MS,
    will:
      status === undefined ? undefined : { topic: status, payload: JSON.stringify({ online: false }), retain: true },
    subscribe: control === undefined ? [] : [control],
    onMessage: onControl,
    onNote: (text) => device.log.note(text),
  });
}

/** What finds no room is not said: the next one is newer. */
function publish(mqtt: MqttSession, qos: Qos, topic: string | undefined, content: object, retain: boolean): void {
  if (topic !== undefined) mqtt.publish({ topic, payload: JSON.stringify(content), retain, qos });
}

function status(device: Device): object {
  const { address, rssi } = device.wifi.status();
  return {
    online: true,
    ip_address: address,
    rssi,
    free_heap: device.system.freeHeapBytes(),
    uptime: uptimeSeconds(device),
    firmware_version: device.build.firmwareVersion,
    update: device.updates.status,
  };
}

/** The one sensor that every board has. */
function reading(device: Device): object {
  return { sensor: "wifi", rssi: device.wifi.status().rssi, uptime: uptimeSeconds(device) };
}

function uptimeSeconds(device: Device): number {
  return Math.floor(device.clock.ticksMs() / 1000);
}
