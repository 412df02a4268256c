/** What the device says and does while it is connected to its broker. */

import { type Failure, failed, type Result } from "../../modules/base/failure.js";
import { reportFault } from "../../modules/base/guard.js";
import type { Timer } from "../../modules/clock/clock.js";
import type { Incoming, MqttOptions, MqttSession, Published } from "../../modules/mqtt/mqtt.js";
import type { UpdateStatus, UpdateWatch } from "../../modules/update/update.js";
import type { Configuration } from "../../provisioning/configuration.js";
import { type Credentials, isFromXiaozhi, isGateway } from "../../provisioning/credentials.js";
import type { Service } from "../../provisioning/service.js";
import type { Device } from "../device/device.js";
import { BrokerOptions, retainsStatus } from "./broker-options.js";
import type { EndingAction } from "./commands.js";
import { Gateway, type GatewayWatch } from "./gateway.js";
import type { Delivery } from "./outbox/delivery.js";
import { type Refreshed, Refreshing, type RefreshWatch } from "./refresh.js";
import { Reporting, statusMessage } from "./reporting.js";
import type { Session } from "./session.js";

/** Why a connection is over. */
export type Ending =
  | { readonly kind: "lost"; readonly failure: Failure }
  | { readonly kind: "update" }
  | EndingAction
  | Refreshed;

/** What the connection is made with, and who wants to know what becomes of it. */
export interface ConnectionOptions {
  readonly configuration: Configuration;
  readonly service: Service;
  onConnected(): void;
  onChanged(configuration: Configuration): void;
  /** The connection has outlived PROOF_MS: the broker really has accepted the credentials. */
  onProven(): void;
  /** The status of an update has changed. */
  onUpdate(status: UpdateStatus | undefined): void;
}

/** Some brokers accept every client, check the password afterwards, and then disconnect. */
const PROOF_MS = 5_000;
/** After these the device is back in seconds. */
const BRIEF: ReadonlySet<Ending["kind"]> = new Set(["reboot", "reprovision", "rotate", "update"] as const);
/** A last answer needs the time to leave the socket before the machine restarts. */
const LAST_WORDS_MS = 500;

/**
 * One connection to a broker. It is itself what MQTT, updates, commands and the refresh are given to ask and to tell: an
 * object of callbacks for each of them would cost a hundred slots (docs/memory.md).
 */
export class Connection extends BrokerOptions implements MqttOptions, UpdateWatch, GatewayWatch, RefreshWatch {
  readonly session: Session;
  private options: ConnectionOptions;
  /** Undefined before the broker has accepted the device, and when the connection is over. */
  private mqtt: MqttSession | undefined;
  private delivery: Delivery | undefined;
  /** Where the other side is xiaozhi's, and no broker. */
  private gateway?: Gateway;
  private refreshing: Refreshing | undefined;
  private reporting: Reporting | undefined;
  /** The status left before the broker had answered. */
  private isStatusSaid?: true;
  private proof: Timer | undefined;
  private stopUpdates: (() => void) | undefined;
  private ending: Ending | undefined;

  constructor(session: Session, options: ConnectionOptions) {
    super(session.device, options.configuration);
    this.session = session;
    this.options = options;
    session.credentials = options.configuration.credentials;
    // Its first request can be heard before the session is told of.
    if (isGateway(options.configuration.credentials)) this.gateway = new Gateway(this);
  }

  /** Connects, stays, and ends with the reason why it is over. To be called once. */
  async run(): Promise<Ending> {
    const connected = await this.device.mqtt(this);
    if (!connected.ok) return { kind: "lost", failure: connected.failure };
    this.begin(connected.value);
    const failure = await connected.value.ended;
    this.stop();
    // It has brought the wish, and a new certificate takes the place of what nobody has proven.
    if (this.ending?.kind === "rotate") this.options.onProven();
    return this.ending ?? { kind: "lost", failure };
  }

  override get cleanSession(): boolean {
    return this.session.isSafe || this.session.leavesQueue || super.cleanSession;
  }

  get service(): Service {
    return this.options.service;
  }

  private begin(mqtt: MqttSession): void {
    const { session, device, configuration } = this;
    const { clock, wifi } = device;
    const { topics, qos } = configuration.credentials;
    this.mqtt = mqtt;
    // Messages need the time; over TLS the calendar is set already. In a turn of its own: the stack is small.
    clock.after(0, setCalendar, device);
    if (session.leavesQueue) device.log.note("safe: what the broker had kept for the device was given up unread");
    session.leavesQueue = false;
    // First, while the send buffer is empty.
    if (!this.isStatusSaid) this.clearOnce(mqtt);
    session.connections++;
    this.options.onConnected();
    wifi.onLost = () => mqtt.close(failed("wifi-lost").failure);
    this.refreshing = new Refreshing(this);
    if (!session.isSafe) this.refreshing.begin();
    this.delivery = session.outbox.attach(mqtt, topics, qos, this.keepAliveMs, this.gateway);
    this.reporting = new Reporting(session, mqtt, configuration, this.gateway, this.isStatusSaid === true);
    this.gateway?.onWritable();
    this.proof = clock.after(PROOF_MS, prove, this);
    this.stopUpdates = device.updates.online(this);
    tellApplication(device, configuration);
  }

  /** For the timer. */
  onProven(): void {
    this.proof = undefined;
    this.options.onProven();
  }

  private stop(): void {
    const { wifi, clock } = this.device;
    wifi.onLost = undefined;
    clock.cancel(this.proof);
    this.stopUpdates?.();
    this.refreshing?.stop();
    this.reporting?.stop();
    // MQTT has told of all acknowledgements by now.
    this.delivery?.detach();
    this.mqtt = undefined;
  }

  /** The first reason counts. */
  private end(ending: Ending): void {
    if (this.ending) return;
    this.ending = ending;
    this.close();
  }

  /** A device that will be back in seconds does not announce itself offline. */
  close(): void {
    const isBrief = this.ending !== undefined && BRIEF.has(this.ending.kind);
    this.mqtt?.close(failed("broker-closed").failure, isBrief);
  }

  private clearOnce(mqtt: Pick<MqttSession, "publish">): void {
    if (this.session.connections === 0) clearRetained(mqtt, this.configuration.credentials);
  }

  // What the MQTT client tells.

  /** Nobody waits for a device that is back. At the gateway there is nobody to hear it yet. */
  onSubscribing(mqtt: Pick<MqttSession, "publish">): void {
    if (this.gateway) return;
    const { session, configuration } = this;
    this.clearOnce(mqtt);
    const message = statusMessage(session, configuration.credentials, session.connections + 1);
    if (message && typeof mqtt.publish(message) === "object") this.isStatusSaid = true;
  }

  onMessage(message: Incoming): void {
    const { session, device } = this;
    const { topic, payload, retained } = message;
    device.log.debug(`mqtt: ${payload.length} characters on ${topic}`);
    if (session.duplicates.isDuplicate(message)) {
      device.log.note(`mqtt: a message that came before was dropped, on ${topic}`);
      return;
    }
    if (this.isHeardByApplication(topic, payload)) return;
    if (!retained && this.gateway?.hear(payload)) return;
    // What comes on no topic of the application's is control: that topic may have wildcards.
    // A retained `reboot` would come again after each restart.
    if (retained || !session.control.receive(payload, this))
      device.log.note(`control: a message that is ${retained ? "retained" : "no command"} was dropped`);
  }

  /** Whatever comes may be a command, which somebody wants an answer to. */
  isReady(): boolean {
    return this.session.hasRoom && this.gateway?.hasRoom !== false;
  }

  onWritable(): void {
    this.gateway?.onWritable();
    this.delivery?.drain();
  }

  onAcknowledged(packetId: number): void {
    this.delivery?.onAcknowledged(packetId);
  }

  onNote(text: string): void {
    this.device.log.note(text);
  }

  private isHeardByApplication(topic: string, payload: string): boolean {
    const { topics } = this.configuration.credentials;
    for (const [name, hear] of Object.entries(this.device.application.topics ?? {})) {
      if (topics[name] !== topic) continue;
      try {
        hear(payload);
      } catch (error) {
        reportFault(name, error);
      }
      return true;
    }
    return false;
  }

  // What the gateway wants (GatewayWatch).

  send(payload: string): Published {
    const { topics, qos } = this.configuration.credentials;
    const topic = topics.status;
    return topic === undefined ? "too-large" : (this.mqtt?.publish({ topic, payload, qos }) ?? "later");
  }

  onListener(): void {
    this.reporting?.sayStatus();
    this.delivery?.drain();
  }

  // What updates ask and tell (UpdateWatch).

  get utcOffsetMinutes(): number | undefined {
    return this.configuration.utcOffsetMinutes;
  }

  onChange(): void {
    this.options.onUpdate(this.device.updates.status);
    this.reporting?.sayStatus();
  }

  onReady(): void {
    this.end({ kind: "update" });
  }

  // What commands and the refresh want (CommandContext, RefreshWatch).

  endWith(action: EndingAction): void {
    if (this.ending) return;
    this.ending = action;
    this.session.duplicates.keepLast();
    this.device.clock.after(LAST_WORDS_MS, close, this);
  }

  checkFirmware(): Promise<Result<void>> | undefined {
    return this.refreshing?.checkFirmware();
  }

  rotationTemplate(wanted: unknown): string | undefined {
    return this.service.rotationTemplate(this.configuration, wanted);
  }

  onPreferences(): void {
    this.reporting?.retime();
  }

  onRefreshed(refreshed: Refreshed): void {
    this.end(refreshed);
  }

  onConfiguration(configuration: Configuration): void {
    this.options.onChanged(configuration);
  }
}

function setCalendar({ calendar }: Device): void {
  void calendar.ensure();
}

function prove(connection: Connection): void {
  connection.onProven();
}

function close(connection: Connection): void {
  connection.close();
}

/** Older firmware retained its status: a server that starts anew took that for a sign of life. */
function clearRetained(mqtt: Pick<MqttSession, "publish">, credentials: Credentials): void {
  const { topics, qos } = credentials;
  if (topics.status === undefined || isFromXiaozhi(credentials) || retainsStatus(credentials)) return;
  mqtt.publish({ topic: topics.status, payload: "", retain: true, qos });
}

/** A fault of the application's stays its own. */
function tellApplication({ application }: Device, configuration: Configuration): void {
  try {
    application.onOnline?.(configuration);
  } catch (error) {
    reportFault("application", error);
  }
}
