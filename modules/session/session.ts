/** What the device says and does while it is connected to its broker. */
import { type Credentials, sameCredentials } from "../../provisioning/credentials.js";
import type { Answer } from "../../provisioning/protocol.js";
import type { Cancel, Clock } from "../clock/clock.js";
import { type Failure, failed, type Result } from "../failure/failure.js";
import { reportFault } from "../guard/guard.js";
import type { Device } from "../lifecycle/device.js";
import { noteFailure } from "../log/log.js";
import type { Incoming, MqttSession } from "../mqtt/mqtt.js";
import { type Action, answerControl } from "./control.js";

/** Why a session is over. */
export type Ending =
  | { readonly kind: "lost"; readonly failure: Failure }
  | { readonly kind: Action }
  /** The service gave other credentials. */
  | { readonly kind: "renewed"; readonly credentials: Credentials }
  /** The service wants the device activated again. */
  | { readonly kind: "unbound" };

export interface SessionOptions {
  readonly credentials: Credentials;
  /** The credentials come from flash and the service was not asked in this boot: ask it soon, not in a day. */
  readonly refreshSoon: boolean;
  /** Asks the provisioning service what it would give now. */
  refresh(): Promise<Result<Answer>>;
  onConnected(): void;
}

const KEEP_ALIVE_MS = 60_000;
const STATUS_INTERVAL_MS = 60_000;
/** After a warm boot: the broker first, the service when the first status is out. */
const FIRST_REFRESH_MS = 5_000;
const REFRESH_INTERVAL_MS = 24 * 60 * 60 * 1000;
/** A last answer needs the time to leave the socket before the machine restarts. */
const LAST_WORDS_MS = 500;

/** Connects, stays, and ends with the reason why it is over. */
export async function runSession(device: Device, options: SessionOptions): Promise<Ending> {
  const { clock, log, wifi } = device;
  const { topics } = options.credentials;
  let action: Action | undefined;
  let end!: (ending: Ending) => void;
  const ending = new Promise<Ending>((resolve) => {
    end = resolve;
  });
  const session = await connect(device, options.credentials, control);
  if (!session.ok) return { kind: "lost", failure: session.failure };
  const mqtt = session.value;

  function control({ payload, retained }: Incoming): void {
    // A retained `reboot` would come again after each restart.
    const answered = retained ? undefined : answerControl(payload, uptimeSeconds(device));
    if (!answered) {
      log.note(`control: a message that is ${retained ? "retained" : "no command"} was dropped`);
      return;
    }
    log.note(`control: ${JSON.stringify(answered.reply)}`);
    publish(mqtt, topics.status, answered.reply, false);
    action ??= answered.action;
    if (action) clock.after(LAST_WORDS_MS, () => end({ kind: action! }));
  }

  options.onConnected();
  wifi.onLost = () => mqtt.close(failed("wifi-lost").failure);
  // What was answered is done, also where the connection breaks right after the answer.
  void mqtt.ended.then((failure) => end(action ? { kind: action } : { kind: "lost", failure }));
  const stop = startReports(device, mqtt, topics);
  const stopRefreshing = startRefreshing(device, options, end);

  const result = await ending;
  wifi.onLost = undefined;
  stop();
  stopRefreshing();
  mqtt.close(failed("broker-closed").failure);
  return result;
}

/** Status and data, now and from time to time. */
function startReports(device: Device, mqtt: MqttSession, topics: Credentials["topics"]): Cancel {
  const sayStatus = () => publish(mqtt, topics.status, status(device), true);
  const sayData = () => publish(mqtt, topics.data, reading(device), false);
  sayStatus();
  sayData();
  const cancels = [
    every(device.clock, STATUS_INTERVAL_MS, sayStatus),
    every(device.clock, device.build.dataIntervalMs, sayData),
  ];
  return () => {
    for (const cancel of cancels) cancel();
  };
}

function startRefreshing(
  { clock, random, log }: Device,
  options: SessionOptions,
  end: (ending: Ending) => void,
): Cancel {
  const ask = () => {
    refresh(options, log, end).catch((error) => reportFault("refresh", error));
  };
  const cancelFirst = options.refreshSoon ? clock.after(FIRST_REFRESH_MS, ask) : undefined;
  const cancel = every(clock, REFRESH_INTERVAL_MS * (0.75 + random() / 2), ask);
  return () => {
    cancelFirst?.();
    cancel();
  };
}

/** The next time is set before the task runs: a fault in it does not end the repetition. */
function every(clock: Clock, intervalMs: number, task: () => void): Cancel {
  let cancel: Cancel;
  const next = () => {
    cancel = clock.after(intervalMs, () => {
      next();
      task();
    });
  };
  next();
  return () => cancel();
}

function connect(
  device: Device,
  { host, port, clientId, username, password, topics, qos }: Credentials,
  onControl: (message: Incoming) => void,
): Promise<Result<MqttSession>> {
  const { status, control } = topics;
  return device.mqtt({
    host,
    port,
    clientId,
    username,
    password,
    qos,
    keepAliveMs: KEEP_ALIVE_MS,
    will:
      status === undefined ? undefined : { topic: status, payload: JSON.stringify({ online: false }), retain: true },
    subscribe: control === undefined ? [] : [control],
    onMessage: onControl,
  });
}

async function refresh(options: SessionOptions, log: Device["log"], end: (ending: Ending) => void): Promise<void> {
  const answer = await options.refresh();
  if (!answer.ok)
    noteFailure(log, answer.failure); // what is cached stays in use
  else if (answer.value.kind === "activation") end({ kind: "unbound" });
  else if (!sameCredentials(answer.value.credentials, options.credentials)) {
    end({ kind: "renewed", credentials: answer.value.credentials });
  }
}

function publish(mqtt: MqttSession, topic: string | undefined, content: object, retain: boolean): void {
  if (topic !== undefined) mqtt.publish({ topic, payload: JSON.stringify(content), retain });
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
  };
}

/** The one sensor that every board has. */
function reading(device: Device): object {
  return { sensor: "wifi", rssi: device.wifi.status().rssi, uptime: uptimeSeconds(device) };
}

function uptimeSeconds(device: Device): number {
  return Math.floor(device.clock.ticksMs() / 1000);
}
