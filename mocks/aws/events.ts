import { printable } from "../cloud/text.js";

/** The three certificate vending machines that there are, by where their sources are. */
export type Dialect = "awslabs" | "iot-atlas" | "cncoder";

/** The requests that are answered over MQTT. */
export type Operation = "create" | "create-from-csr" | "register";

/** What the account sees; never a key, a token or a PEM. */
export type AwsEvent =
  /** A connection that did not come to be, or that a request has ended. */
  | { type: "refused"; at: Refused; why: string; certificateId: string | null; clientId: string | null }
  | { type: "connected" | "disconnected"; clientId: string; certificateId: string }
  | { type: "subscribed"; clientId: string; filter: string }
  | { type: "created"; operation: Operation; clientId: string; certificateId: string }
  | { type: "registered"; clientId: string; certificateId: string; thingName: string | null }
  | { type: "rejected"; operation: Operation; clientId: string; statusCode: number; errorCode: string; why: string }
  /** A reply that nobody had subscribed to. */
  | { type: "unheard"; clientId: string; topic: string }
  | { type: "message"; clientId: string; topic: string; payload: Buffer; qos: number; retain: boolean }
  /** A device's own certificate was seen for the first time, and what became of it. */
  | { type: "just-in-time"; certificateId: string; outcome: "pending" | "failed"; why: string | null }
  | { type: "claimed"; templateName: string; certificateId: string }
  | { type: "vended"; dialect: Dialect; serial: string; certificateId: string };

export type Refused = "tls" | "connect" | "publish" | "subscribe";

/** One line for a log. */
export function describe(event: AwsEvent): string {
  const { type, ...members } = event;
  const words = Object.entries(members).map(([name, value]) =>
    Buffer.isBuffer(value) ? `${name} ${value.length} bytes` : `${name} ${printable(String(value))}`,
  );
  return `aws: ${type}: ${words.join(", ")}`;
}
