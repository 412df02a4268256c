import type { Failure, Result } from "../base/failure.js";
import type { Secret } from "../base/secret.js";
import type { ClientIdentity } from "../tls/client-identity.js";

export interface MqttOptions {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  readonly clientId: string;
  readonly username: string;
  readonly password: Secret;
  /** What proves the device in the TLS handshake: asked for in each, and not kept. */
  readonly identity?: (() => ClientIdentity | undefined) | undefined;
  /** Trusted in place of those that are stored: certificates, DER in base64. */
  readonly authorities?: readonly string[] | undefined;
  /** False: the broker keeps subscriptions, and messages of quality 1, while the device is away. */
  readonly cleanSession: boolean;
  readonly keepAliveMs: number;
  /** From the start to the SUBACK. */
  readonly timeoutMs: number;
  readonly will?: Message | undefined;
  /** Subscribed to, in one packet, before the session counts as connected. */
  readonly subscribe: readonly string[];
  /** Of the subscriptions and the will. */
  readonly qos: Qos;
  /**
   * SUBSCRIBE is out, and no answer is here: what is published now leaves right behind it. A broker that refuses the
   * connection drops it (MQTT 3.1.1 §3.1.4), so this is for what is said anew in the next one.
   */
  onSubscribing?(session: Pick<MqttSession, "publish">): void;
  /** One of quality 1 is acknowledged after this has returned, also where it throws. */
  onMessage(message: Incoming): void;
  /**
   * False: there is no room for what a message would bring, as its answer. It waits, unacknowledged, and at last the
   * broker is not read any more. Asked again after each `publish` and each acknowledgement, and not for ever.
   */
  isReady?(): boolean;
  /**
   * Where a message on this topic goes, piece by piece, in place of `onMessage`: up to MAX_STREAMED_BYTES. Called for
   * each message; undefined: `onMessage` gets it.
   */
  stream?(topic: string): PayloadSink | undefined;
  /** A message of quality 1 is with the broker. Told for what came before the end, too. */
  onAcknowledged?(packetId: number): void;
  /** There is room again after `publish` said "later". */
  onWritable?(): void;
  /** What an operator may want to know: a message that was dropped, a quality that was not granted. No secrets. */
  onNote?(text: string): void;
}

export interface Message {
  readonly topic: string;
  readonly payload: string;
  readonly retain?: boolean;
}

export interface Outgoing extends Message {
  readonly qos: Qos;
  /** Of the attempt before, where this is one more. */
  readonly packetId?: number | undefined;
  /** It was sent before, maybe in another session, and not acknowledged. */
  readonly duplicate?: boolean;
}

/**
 * packetId: 1 to 65,535, none of two messages in flight, nor of those that the session before left in flight; 0 for
 * quality 0. "later": `onWritable` tells when.
 */
export type Published = { readonly packetId: number } | "later" | "too-large";

export interface Incoming {
  readonly topic: string;
  readonly payload: string;
  /** From before the subscription: the broker kept it. */
  readonly retained: boolean;
  /** The broker has sent it before and saw no acknowledgement. */
  readonly duplicate: boolean;
  /** Undefined for quality 0. */
  readonly packetId: number | undefined;
}

export type Qos = 0 | 1;

/** Called inside the socket's callback: the stack is small there. A piece is not the sink's own after it has returned. */
export interface PayloadSink {
  write(bytes: Uint8Array): void;
  /** The message is whole, and is acknowledged after this has returned. */
  end(): void;
}

/** A connected session. When it ends, for whatever reason, `ended` tells why; it never rejects. */
export interface MqttSession {
  /** The broker still had the session: subscriptions, and messages that are coming now. */
  readonly sessionPresent: boolean;
  /** Sends at once or not at all: who wants it sent later, or again, keeps it. */
  publish(message: Outgoing): Published;
  /**
   * Ends the session.
   * @param leaves true: the broker hears DISCONNECT and keeps the will to itself: for a device that is back in seconds
   */
  close(failure: Failure, leaves?: boolean): void;
  readonly ended: Promise<Failure>;
}

/** MQTT 3.1.1 over TCP, or over TLS 1.2. */
export type MqttConnect = (options: MqttOptions) => Promise<Result<MqttSession>>;

/** Where nobody says another time. */
export const CONNECT_TIMEOUT_MS = 20_000;
export const KEEP_ALIVE_MS = 60_000;
/** Largest payload that is taken in whole, in bytes, and that is kept to go out. */
export const MAX_PAYLOAD_BYTES = 768;
/** Largest payload that is taken in piece by piece. */
export const MAX_STREAMED_BYTES = 8 * 1024;
/** Longest topic that is taken in, in bytes. */
export const MAX_TOPIC_BYTES = 512;
/** Largest packet that goes out: in one piece into the smallest send buffer, the simulator's 1,536, with a TLS record's own. */
export const MAX_PACKET_BYTES = 1_400;
