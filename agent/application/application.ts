/** What a product makes of the agent: what it measures, which commands it obeys, what else it hears and says. */

import type { Result } from "../../modules/base/failure.js";
import type { Json } from "../../modules/data/json.js";
import type { Configuration } from "../../provisioning/configuration.js";
import type { Display } from "../display/display.js";

export interface Application {
  /**
   * The device has started, and not in its safe state: what the product does by itself (timers, sensors) begins here. What
   * stands beside `startAgent` runs in the safe state, too.
   */
  readonly onStart?: () => void;
  /** A reading for the data topic, asked for once each data interval; undefined: nothing to say this time. */
  readonly read?: () => object | undefined;
  /** By name, beside the agent's own, whose names are taken. To xiaozhi's gateway each is a tool. */
  readonly commands?: Commands;
  /** What comes in on topics of the provisioning answer, by their names there; a topic that is not in it stays silent. */
  readonly topics?: Readonly<Record<string, (payload: string) => void>>;
  /**
   * What xiaozhi's gateway says beside tool calls, unchecked: `{"type": "hello" | "goodbye" | "alert" | "system" | …}`. What
   * it is to hear of that kind is published as it is: `publish("data", { type: "hello", version: 3, … })`.
   */
  readonly onMessage?: (message: Json) => void;
  /** Where the product has one. */
  readonly display?: Display;
  /** Why the device must not be restarted now, in a word ("brewing", "battery"); undefined: new firmware may come. */
  readonly busy?: () => string | undefined;
  /** A connection stands: with what it was made, and what else the service gave (a WebSocket, topics, the time zone). */
  readonly onOnline?: (configuration: Configuration) => void;
}

export type Commands = Readonly<Record<string, Command | DescribedCommand>>;

/** With what a language model, or a person, has to know to use it. */
export interface DescribedCommand extends Description {
  readonly run: Command;
}

/** As MCP has it for tools. What says more than 1,100 bytes in all is left out, and the name alone is told. */
export interface Description {
  /** What it does, and when it is to be used. */
  readonly description?: string;
  /** Its arguments by name, each a JSON Schema: `{ action: { type: "string", enum: ["on", "off"] } }`. */
  readonly properties?: Readonly<Record<string, object>>;
  /** Names of the arguments that have to be there. The command checks that itself. */
  readonly required?: readonly string[];
}

/** @param request the whole message, `{"cmd": "led", …}`: whatever else is in it nobody has checked yet */
export type Command = (request: Json) => Outcome | Promise<Outcome>;

/** What goes into the answer: `{"ok": true, "result": …}`, or `{"ok": false, "error": "…"}`. */
export type Outcome = { readonly ok: true; readonly result?: unknown } | { readonly ok: false; readonly error: string };

export function done(result?: unknown): Outcome {
  return { ok: true, result };
}

/** @param error what the sender of the command can do about it */
export function refused(error: string): Outcome {
  return { ok: false, error };
}

/** What a product holds of the running agent. */
export interface Agent {
  /** Names of the topics that the service has given, as "data"; undefined where it has not given any yet. */
  readonly topics: readonly string[] | undefined;
  /**
   * Publishes, now or when the broker is back. Failures: topic-unknown, where the service has given others; message-invalid,
   * message-too-large; for what is durable outbox-full and storage-full; safe, in the safe state.
   * @param topic its name in the provisioning answer, as "data"
   * @param content becomes JSON; numbers that JSON does not have become null
   * @param durable true: it outlives a power cut once this has returned ok; for what must not be lost, flash wears
   */
  publish(topic: string, content: object, durable?: boolean): Result<void>;
}
