/** Control messages: what comes in on the control topic, and what is answered. */

import { parseObject } from "../json/json.js";

/** After the answer the session ends. */
export type EndingAction = "reboot" | "portal";

export interface Answered {
  /** For the status topic. */
  readonly reply: object;
  /** What follows the answer; `update` asks the service whether there is firmware. */
  readonly action?: EndingAction | "update";
}

/** What answers depend on. */
export interface Present {
  readonly uptimeSeconds: number;
  /** The service takes another question for firmware. */
  readonly mayCheckFirmware: boolean;
}

/** Longest command name and request id that are repeated in an answer. */
const MAX_ECHO_CHARACTERS = 64;

/**
 * `{"cmd": "ping", "id"?: …}`, or the xiaozhi form `{"type": "system", "command": "reboot"}`.
 * @returns undefined where the payload is no control message at all, or the answer to one, which comes back where the
 *   topics are the same: it is dropped
 */
export function answerControl(payload: string, { uptimeSeconds, mayCheckFirmware }: Present): Answered | undefined {
  const message = parseObject(payload);
  if (message && "ok" in message) return undefined;
  const name = message?.cmd ?? (message?.type === "system" ? message.command : undefined);
  if (!message || typeof name !== "string") return undefined;
  const cmd = name.slice(0, MAX_ECHO_CHARACTERS);
  const id = echo(message.id);
  const about = { cmd, ...(id !== undefined && { id }) };
  switch (cmd) {
    case "ping":
      return { reply: { ...about, ok: true, result: "pong", uptime: uptimeSeconds } };
    case "reboot":
    case "portal":
      return { reply: { ...about, ok: true }, action: cmd };
    case "update":
      return mayCheckFirmware
        ? { reply: { ...about, ok: true }, action: cmd }
        : { reply: { ...about, ok: false, error: "too soon" } };
    default:
      return { reply: { ...about, ok: false, error: "unknown command" } };
  }
}

function echo(id: unknown): string | number | undefined {
  if (typeof id === "number" && Number.isFinite(id)) return id;
  return typeof id === "string" ? id.slice(0, MAX_ECHO_CHARACTERS) : undefined;
}
