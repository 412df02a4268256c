import { advise, type Failure } from "./failure.js";

/** The lifecycle's states as they are told to the outside; the diagram in the README shows how they follow. */
export type LifecycleEvent =
  | { state: "portal"; ssid: string; address: string; reason?: string }
  | { state: "connecting"; to: "wifi" | "broker" }
  | { state: "provisioning" }
  | { state: "activating"; code: string; message?: string; url?: string }
  | { state: "online"; broker: string }
  | { state: "updating"; version: string; percent: number }
  | { state: "offline"; reason: string; retryMs: number }
  | { state: "failed"; reason: string; retryMs: number }
  | { state: "restarting"; why: RestartReason };

export type RestartReason = "settings" | "command" | "button" | "reset" | "fault" | "update" | "rollback";

/** "quiet": events alone; "debug": also what each message is that comes and goes. */
export const LOG_LEVELS = Object.freeze(["quiet", "normal", "debug"] as const);
export type LogLevel = (typeof LOG_LEVELS)[number];

/** What the device tells on its console. None of it takes a secret: those are of a type of their own. */
export interface Log {
  level: LogLevel;
  /** One JSON object a line: for programs. */
  event(event: LifecycleEvent): void;
  /** A line for people. */
  note(text: string): void;
  /** A line for whoever looks for a fault. */
  debug(text: string): void;
}

/** @param print writes one line */
export function createLog(print: (line: string) => void): Log {
  return {
    level: "normal",
    event: (event) => print(JSON.stringify(event)),
    note(text) {
      if (this.level !== "quiet") print(text);
    },
    debug(text) {
      if (this.level === "debug") print(text);
    },
  };
}

export function noteFailure(log: Log, failure: Failure): void {
  log.note(`${failure.reason}: ${advise(failure)}`);
}
