/** What the device says and does while it is connected to its broker. */
import { type Configuration, sameConfiguration } from "../../provisioning/configuration.js";
import type { Credentials } from "../../provisioning/credentials.js";
import type { Activation } from "../../provisioning/protocol.js";
import type { Service } from "../../provisioning/protocols.js";
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
  /** The service gave another configuration. */
  | { readonly kind: "renewed"; readonly configuration: Configuration }
  /** The service wants the device activated again. */
  | { readonly kind: "unbound"; readonly activation: Activation };

export interface SessionOptions {
  readonly configuration: Configuration;
  /** The configuration comes from flash and the service was not asked in this boot: ask it soon, not in a day. */
  readonly refreshSoon: boolean;
  readonly service: Service;
  onConnected(): void;
  /** The connection has lasted for longer than the brokers take that accept everybody first. */
  onProven(): void;
}

const KEEP_ALIVE_MS = 60_000;
const STATUS_INTERVAL_MS = 60_000;
const CONNECT_TIMEOUT_MS = 20_000;
/** Some brokers accept everybody, look at the password then, and close. */
const PROOF_MS = 5_000;
/** After a warm boot: the broker first, the service when the first status is out; a power cut boots a whole street. */
const FIRST_REFRESH_MS = 5_000;
const FIRST_REFRESH_SPREAD_MS = 5 * 60_000;
const REFRESH_INTERVAL_MS = 24 * 60 * 60 * 1000;
/** A last answer needs the time to leave the socket before the machine restarts. */
const LAST_WORDS_MS = 500;

/** Connects, stays, and ends with the reason why it is over. */
export async function runSession(device: Device, options: SessionOptions): Promise<Ending> {
  const { clock, log, wifi } = device;
  const { credentials, pace } = options.configuration;
  const { topics } = credentials;
  let action: Action | undefined;
  let end!: (ending: Ending) => void;
  const ending = new Promise<Ending>((resolve) => {
    end = resolve;
  });
  const session = await connect(device, options.configuration, control);
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
  const stops = [
    startReports(device, mqtt, topics, pace.heartbeatMs ?? STATUS_INTERVAL_MS),
    startRefreshing(device, options, end),
    clock.after(PROOF_MS, options.onProven),
  ];

  const result = await ending;
  wifi.onLost = undefined;
  for (const stop of stops) stop();
  mqtt.close(failed("broker-closed").failure);
  return result;
}

/** Status and data, now and from time to time. */
function startReports(device: Device, mqtt: MqttSession, topics: Credentials["topics"], statusMs: number): Cancel {
  const sayStatus = () => publish(mqtt, topics.status, status(device), true);
  const sayData = () => publish(mqtt, topics.data, reading(device), false);
  sayStatus();
  sayData();
  const cancels = [every(device.clock, statusMs, sayStatus), every(device.clock, device.build.dataIntervalMs, sayData)];
  return () => {
    for (const cancel of cancels) cancel();
  };
}

function startRefreshing(
  { clock, random, log, build }: Device,
  options: SessionOptions,
  end: (ending: Ending) => void,
): Cancel {
  const ask = () => {
    refresh(options, log, end).catch((error) => reportFault("refresh", error));
  };
  const checkFirmware = () => {
    options.service.checkFirmware().then(
      (checked) => checked.ok || noteFailure(log, checked.failure),
      (error) => reportFault("firmware", error),
    );
  };
  const firstMs = FIRST_REFRESH_MS + random() * FIRST_REFRESH_SPREAD_MS;
  const cancels = [
    options.refreshSoon ? clock.after(firstMs, ask) : () => {},
    every(clock, jittered(REFRESH_INTERVAL_MS, random), ask),
    every(clock, jittered(build.firmwareCheckIntervalMs, random), checkFirmware),
  ];
  return () => {
    for (const cancel of cancels) cancel();
  };
}

/** A quarter less or more, so that devices that started together do not ask together. */
function jittered(intervalMs: number, random: () => number): number {
  return intervalMs * (0.75 + random() / 2);
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
  { credentials: { host, port, clientId, username, password, topics, qos }, pace }: Configuration,
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
    keepAliveMs: pace.keepAliveMs ?? KEEP_ALIVE_MS,
    timeoutMs: pace.timeoutMs ?? CONNECT_TIMEOUT_MS,
    will:
      status === undefined ? undefined : { topic: status, payload: JSON.stringify({ online: false }), retain: true },
    subscribe: control === undefined ? [] : [control],
    onMessage: onControl,
  });
}

async function refresh(options: SessionOptions, log: Device["log"], end: (ending: Ending) => void): Promise<void> {
  const answer = await options.service.query();
  if (!answer.ok)
    noteFailure(log, answer.failure); // what is cached stays in use
  else if (answer.value.kind === "activation") end({ kind: "unbound", activation: answer.value.activation });
  else if (!sameConfiguration(answer.value.configuration, options.configuration)) {
    end({ kind: "renewed", configuration: answer.value.configuration });
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
