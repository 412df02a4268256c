import type { Failure, Result } from "../failure/failure.js";
import type { Secret } from "../secret/secret.js";

export interface MqttOptions {
  readonly host: string;
  readonly port: number;
  readonly clientId: string;
  readonly username: string;
  readonly password: Secret;
  readonly keepAliveMs: number;
  /** From the start to the SUBACK. */
  readonly timeoutMs: number;
  readonly will?: Message | undefined;
  /** Subscribed to before the session counts as connected. */
  readonly subscribe: readonly string[];
  readonly qos: Qos;
  onMessage(message: Incoming): void;
}

export interface Message {
  readonly topic: string;
  readonly payload: string;
  readonly retain?: boolean;
}

export interface Incoming {
  readonly topic: string;
  readonly payload: string;
  /** From before the subscription: the broker kept it. */
  readonly retained: boolean;
}

export type Qos = 0 | 1;

/** A connected session. When it ends, for whatever reason, `ended` tells why; it never rejects. */
export interface MqttSession {
  /** @returns false where the message was not taken: too large, or too many wait already */
  publish(message: Message): boolean;
  /** Ends the session; the broker publishes the will. */
  close(failure: Failure): void;
  readonly ended: Promise<Failure>;
}

/** MQTT 3.1.1, clean session. */
export type MqttConnect = (options: MqttOptions) => Promise<Result<MqttSession>>;

/** Largest payload that goes out or is taken in, in bytes: it has to fit into the socket's buffer in one piece. */
export const MAX_PAYLOAD_BYTES = 768;
