/** Requests over one MQTT connection, with their replies by topic: one at a time, as there is nothing else to tell them by. */

import { failed, type Result, success } from "../../modules/base/failure.js";
import { Secret } from "../../modules/base/secret.js";
import { sleep } from "../../modules/clock/clock.js";
import type { MqttOptions, MqttSession } from "../../modules/mqtt/mqtt.js";
import type { ClientIdentity } from "../../modules/tls/client-identity.js";
import { type Reply, ReplyReader } from "../aws/reply.js";
import type { ProvisioningContext } from "../protocol.js";

export interface Answered {
  readonly isAccepted: boolean;
  readonly reply: Reply;
}

export interface Dialogue {
  /**
   * @param name of the request, for people
   * @param topic one of those that the dialogue was opened with
   */
  ask(name: string, topic: string, payload: object): Promise<Result<Answered>>;
  /** The broker has room for the device's next connection when this is fulfilled. */
  close(): Promise<void>;
}

export interface Endpoint {
  readonly host: string;
  readonly port: number;
  readonly clientId: string;
  identity(): ClientIdentity | undefined;
}

const CONNECT_TIMEOUT_MS = 20_000;
/** A hook takes five seconds at most, a key some; AWS's own clients wait as long. */
const REPLY_TIMEOUT_MS = 30_000;
const KEEP_ALIVE_MS = 60_000;
/** AWS takes one CONNECT a second from a client id, and ends the older of two connections. */
export const RECONNECT_MS = 1_100;

interface Question {
  readonly topic: string;
  send(): void;
  settle(result: Result<Answered>): void;
}

/** Subscribed to the replies when it is open: what comes earlier is lost. */
export async function openDialogue(
  io: ProvisioningContext["io"],
  endpoint: Endpoint,
  topics: readonly string[],
): Promise<Result<Dialogue>> {
  const { clock } = io;
  let question: Question | undefined;
  const connected = await io.mqtt({
    ...connectionTo(endpoint),
    subscribe: topics.flatMap((topic) => [`${topic}/accepted`, `${topic}/rejected`]),
    onMessage() {},
    onWritable: () => question?.send(),
    stream(topic) {
      const isAccepted = topic === `${question?.topic}/accepted`;
      if (!question || !(isAccepted || topic === `${question.topic}/rejected`)) return undefined;
      const { settle } = question;
      const reader = new ReplyReader();
      return {
        write: (bytes) => reader.see(bytes),
        end() {
          const read = reader.result();
          settle(read.ok ? success({ isAccepted, reply: read.value }) : read);
        },
      };
    },
  });
  if (!connected.ok) return connected;
  const session = connected.value;
  return success({
    ask: (name, topic, payload) =>
      new Promise<Result<Answered>>((resolve) => {
        let isSent = false;
        const settle = (result: Result<Answered>) => {
          if (question !== asked) return;
          question = undefined;
          clock.cancel(timer);
          resolve(result);
        };
        const asked: Question = {
          topic,
          settle,
          send() {
            if (isSent) return;
            const published = session.publish({ topic, payload: JSON.stringify(payload), qos: 1 });
            if (published === "too-large") settle(failed("message-too-large", name));
            isSent = published !== "later";
          },
        };
        const timer = clock.after(REPLY_TIMEOUT_MS, () => settle(failed("timeout", name)));
        question = asked;
        void session.ended.then(({ reason }) => settle(failed(reason, name)));
        asked.send();
      }),
    close: () => leave(session, clock),
  });
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

function leave(session: MqttSession, clock: ProvisioningContext["io"]["clock"]): Promise<void> {
  session.close(failed("broker-closed").failure, true);
  return sleep(clock, RECONNECT_MS);
}
