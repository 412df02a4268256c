/** What the device says and does while it is connected to its broker. */

import { type Failure, failed, printable, type Result } from "../../modules/base/failure.js";
import { guarded } from "../../modules/base/guard.js";
import type { Message, MqttOptions, MqttSession } from "../../modules/mqtt/mqtt.js";
import type { UpdateStatus } from "../../modules/update/update.js";
import type { Configuration } from "../../provisioning/configuration.js";
import { type Credentials, isGateway } from "../../provisioning/credentials.js";
import type { Service } from "../../provisioning/service.js";
import type { Device } from "../device/device.js";
import { type EndingAction, ownCommands } from "./commands.js";
import { Control } from "./control.js";
import { publisher } from "./publish.js";
import { type Refreshed, startRefreshing } from "./refresh.js";
import { retainsStatus, startReports } from "./reporting.js";

/** Why a session is over. */
export type Ending =
  | { readonly kind: "lost"; readonly failure: Failure }
  | { readonly kind: "update" }
  | EndingAction
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
/** The reference firmware's. */
const GATEWAY_KEEP_ALIVE_MS = 240_000;
const CONNECT_TIMEOUT_MS = 20_000;
/** Some brokers accept everybody, look at the password then, and close. */
const PROOF_MS = 5_000;
/** After these the device is back in seconds. */
const BRIEF: ReadonlySet<Ending["kind"]> = new Set(["reboot", "reprovision", "rotate", "update"] as const);
const MAX_NOTE_CHARACTERS = 200;
/** A last answer needs the time to leave the socket before the machine restarts. */
const LAST_WORDS_MS = 500;

/** Connects, stays, and ends with the reason why it is over. */
export async function runSession(device: Device, options: SessionOptions): Promise<Ending> {
  const { clock, wifi, outbox, application } = device;
  const { configuration } = options;
  const { topics, qos } = configuration.credentials;
  let action: EndingAction | undefined;
  let end!: (ending: Ending) => void;
  const ending = new Promise<Ending>((resolve) => {
    end = resolve;
  });
  const connected = await connect(device, configuration, {
    onMessage: hearing(device, configuration, {
      checkFirmware: () => refreshing.checkFirmware(),
      rotationTemplate: (wanted) => options.service.rotationTemplate(configuration, wanted),
      onPreferences: () => reports.retime(),
      end(wanted) {
        action ??= wanted;
        device.seen.keepLast();
        clock.after(LAST_WORDS_MS, () => end(action!));
      },
    }),
    onWritable: () => draining.onWritable(),
    onAcknowledged: (packetId) => draining.onAcknowledged(packetId),
  });
  if (!connected.ok) return { kind: "lost", failure: connected.failure };
  const mqtt = connected.value;

  // Messages have timestamps; over TLS it is set already. In a turn of its own: the stack is small.
  clock.after(0, () => void device.calendar.ensure());
  // Before anything else takes the room.
  if (device.connections.count++ === 0) clearRetained(mqtt, configuration.credentials);
  options.onConnected();
  wifi.onLost = () => mqtt.close(failed("wifi-lost").failure);
  // What was answered is done, also where the connection breaks right after the answer.
  void mqtt.ended.then((failure) => end(action ?? { kind: "lost", failure }));
  const refreshing = startRefreshing(device, { ...options, onRefreshed: end });
  const draining = outbox.attach(mqtt, topics, qos, keepAliveMsOf(configuration));
  const reports = startReports(device, mqtt, configuration);
  const proof = clock.after(PROOF_MS, options.onProven);
  const stopUpdates = device.updates.online({
    utcOffsetMinutes: configuration.utcOffsetMinutes,
    onChange() {
      options.onUpdate(device.updates.status);
      reports.sayStatus();
    },
    onReady: () => end({ kind: "update" }),
  });
  guarded("application", () => application.onOnline?.(configuration))();

  const result = await ending;
  wifi.onLost = undefined;
  clock.cancel(proof);
  stopUpdates();
  refreshing.stop();
  reports.stop();
  // A status that says "offline" for the seconds of a restart helps nobody.
  const isBrief = BRIEF.has(result.kind);
  mqtt.close(failed("broker-closed").failure, isBrief);
  // After it has told what was acknowledged before the end.
  draining.detach();
  return result;
}

/** Who hears what: the agent's own control topic, and the application's topics. */
function hearing(
  device: Device,
  { credentials: { topics } }: Configuration,
  context: Omit<Parameters<typeof ownCommands>[0], "device">,
): MqttOptions["onMessage"] {
  const { clock, log, seen, application } = device;
  const publish = publisher(device);
  const control = new Control({
    clock,
    commands: { ...application.commands, ...ownCommands({ device, ...context }) },
    say(reply) {
      log.note(`control: ${printable(JSON.stringify(reply), MAX_NOTE_CHARACTERS)}`);
      if (!publish("status", reply).ok)
        publish("status", { ...reply, result: undefined, ok: false, error: "too large" });
    },
  });
  return (message) => {
    const { topic, payload, retained } = message;
    log.debug(`mqtt: ${payload.length} characters on ${topic}`);
    if (seen.isRepeated(message)) {
      log.note(`mqtt: a message that came before was dropped, on ${topic}`);
      return;
    }
    const [name, hear] = Object.entries(application.topics ?? {}).find(([one]) => topics[one] === topic) ?? [];
    if (hear) {
      guarded(name!, hear)(payload);
      return;
    }
    // What comes on no topic of the application's is control: that topic may have wildcards.
    // A retained `reboot` would come again after each restart.
    if (retained || !control.receive(payload))
      log.note(`control: a message that is ${retained ? "retained" : "no command"} was dropped`);
  };
}

function connect(
  device: Device,
  configuration: Configuration,
  events: Pick<MqttOptions, "onMessage" | "onWritable" | "onAcknowledged">,
): Promise<Result<MqttSession>> {
  const { credentials, pace } = configuration;
  const { topics, certificate, ...broker } = credentials;
  const heard = [topics.control, ...Object.keys(device.application.topics ?? {}).map((name) => topics[name])];
  return device.mqtt({
    ...broker,
    identity: certificate && (() => device.keystore.read(certificate)),
    keepAliveMs: keepAliveMsOf(configuration),
    timeoutMs: pace.timeoutMs ?? CONNECT_TIMEOUT_MS,
    will: willOf(credentials),
    subscribe: [...new Set(heard)].filter((topic) => topic !== undefined),
    onNote: (text) => device.log.note(text),
    ...events,
  });
}

function willOf(credentials: Credentials): Message | undefined {
  const { status } = credentials.topics;
  if (status === undefined || isGateway(credentials)) return undefined;
  return { topic: status, payload: '{"online":false}', retain: retainsStatus(credentials) };
}

/** Older firmware retained its status: a server that starts anew took that for a sign of life. */
function clearRetained(mqtt: MqttSession, credentials: Credentials): void {
  const { topics, qos } = credentials;
  if (topics.status === undefined || isGateway(credentials) || retainsStatus(credentials)) return;
  mqtt.publish({ topic: topics.status, payload: "", retain: true, qos });
}

function keepAliveMsOf({ pace, credentials }: Configuration): number {
  return pace.keepAliveMs ?? (isGateway(credentials) ? GATEWAY_KEEP_ALIVE_MS : KEEP_ALIVE_MS);
}
