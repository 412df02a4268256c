/** Requests over one MQTT connection, with their replies by topic: one at a time, as there is nothing else to tell them by. */

import { failed, type Result, success } from "../../modules/base/failure.js";
import { Secret } from "../../modules/base/secret.js";
import { type Clock, sleep, type Timer } from "../../modules/clock/clock.js";
import type { Names } from "../../modules/data/json.js";
import {
  CONNECT_TIMEOUT_MS,
  KEEP_ALIVE_MS,
  type MqttOptions,
  type MqttSession,
  type PayloadSink,
} from "../../modules/mqtt/mqtt.js";
import type { ClientIdentity } from "../../modules/tls/client-identity.js";
import { type Reply, ReplyReader } from "../aws/reply.js";
import type { ProvisioningContext } from "../protocol.js";

export interface Answered {
  readonly isAccepted: boolean;
  readonly reply: Reply;
}

export interface Endpoint {
  readonly host: string;
  readonly port: number;
  readonly clientId: string;
  identity(): ClientIdentity | undefined;
}

/** A hook takes five seconds at most, a key some; AWS's own clients wait as long. */
const REPLY_TIMEOUT_MS = 30_000;
/** AWS takes one CONNECT a second from a client id, and ends the older of two connections. */
export const RECONNECT_MS = 1_100;

interface Question {
  /** For people. */
  readonly name: string;
  readonly topic: string;
  readonly payload: string;
  readonly timer: Timer;
  resolve(result: Result<Answered>): void;
  isSent: boolean;
}

export class Dialogue {
  readonly names: Names;
  private clock: Clock;
  private session: MqttSession | undefined;
  private question: Question | undefined;

  private constructor(clock: Clock, names: Names) {
    this.clock = clock;
    this.names = names;
  }

  /** Subscribed to the replies when it is open: what comes earlier is lost. @param topics of the requests */
  static async open(
    { io, names }: ProvisioningContext,
    endpoint: Endpoint,
    topics: readonly string[],
  ): Promise<Result<Dialogue>> {
    const dialogue = new Dialogue(io.clock, names);
    const connected = await io.mqtt({
      ...connectionTo(endpoint),
      subscribe: topics.flatMap((topic) => [`${topic}/accepted`, `${topic}/rejected`]),
      onMessage() {},
      onWritable: () => dialogue.send(),
      stream: (topic) => dialogue.sinkFor(topic),
    });
    if (!connected.ok) return connected;
    dialogue.session = connected.value;
    return success(dialogue);
  }

  /**
   * @param name of the request, for people
   * @param topic one of those that the dialogue was opened with
   * @param payload JSON
   */
  ask(name: string, topic: string, payload: string): Promise<Result<Answered>> {
    return new Promise((resolve) => {
      const timer = this.clock.after(REPLY_TIMEOUT_MS, () => this.settle(question, failed("timeout", name)));
      const question: Question = { name, topic, payload, timer, resolve, isSent: false };
      this.question = question;
      void this.session!.ended.then(({ reason }) => this.settle(question, failed(reason, name)));
      this.send();
    });
  }

  /** The broker has room for the device's next connection when this is fulfilled. */
  close(): Promise<void> {
    return leave(this.session!, this.clock);
  }

  settle(question: Question, result: Result<Answered>): void {
    if (this.question !== question) return;
    this.question = undefined;
    this.clock.cancel(question.timer);
    question.resolve(result);
  }

  private send(): void {
    const question = this.question;
    if (!question || question.isSent) return;
    const { name, topic, payload } = question;
    const published = this.session!.publish({ topic, payload, qos: 1 });
    if (published === "too-large") this.settle(question, failed("message-too-large", name));
    question.isSent = published !== "later";
  }

  private sinkFor(topic: string): PayloadSink | undefined {
    const question = this.question;
    if (!question) return undefined;
    const isAccepted = topic === `${question.topic}/accepted`;
    return isAccepted || topic === `${question.topic}/rejected` ? new ReplySink(this, question, isAccepted) : undefined;
  }
}

class ReplySink implements PayloadSink {
  private dialogue: Dialogue;
  private question: Question;
  private _isAccepted: boolean;
  private reader: ReplyReader;

  constructor(dialogue: Dialogue, question: Question, isAccepted: boolean) {
    this.dialogue = dialogue;
    this.question = question;
    this._isAccepted = isAccepted;
    this.reader = new ReplyReader(dialogue.names);
  }

  write(bytes: Uint8Array): void {
    this.reader.see(bytes);
  }

  end(): void {
    const read = this.reader.result();
    const answered = read.ok ? success({ isAccepted: this._isAccepted, reply: read.value }) : read;
    this.dialogue.settle(this.question, answered);
  }
}

/** Whether the broker lets somebody in. It has room for the next connection when this is fulfilled, either way. */
export async function knock(io: ProvisioningContext["io"], endpoint: Endpoint): Promise<Result<void>> {
  const { clock } = io;
  const connected = await io.mqtt({ ...connectionTo(endpoint), subscribe: [], onMessage() {} });
  if (connected.ok) await leave(connected.value, clock);
  else await sleep(clock, RECONNECT_MS);
  return connected.ok ? success(undefined) : connected;
}

function connectionTo(endpoint: Endpoint): Omit<MqttOptions, "subscribe" | "onMessage"> {
  return {
    host: endpoint.host,
    port: endpoint.port,
    clientId: endpoint.clientId,
    identity: () => endpoint.identity(),
    ...{ tls: true, username: "", password: new Secret(""), cleanSession: true, qos: 1 },
    ...{ keepAliveMs: KEEP_ALIVE_MS, timeoutMs: CONNECT_TIMEOUT_MS },
  };
}

function leave(session: MqttSession, clock: Clock): Promise<void> {
  session.close(failed("broker-closed").failure, true);
  return sleep(clock, RECONNECT_MS);
}
