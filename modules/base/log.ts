import { say } from "../console/adapter.js";
import { advise, type Failure, printable } from "./failure.js";

/** The lifecycle's states as they are told to the outside; the diagram in docs/lifecycle.md shows how they follow. */
export type LifecycleEvent =
  | { state: "portal"; ssid: string; address: string; password?: string; reason?: string }
  | { state: "safe"; broker?: string; reason?: string; retryMs?: number }
  | { state: "connecting"; to: "wifi" | "broker" }
  | { state: "provisioning" }
  | { state: "activating"; code: string; message?: string; url?: string }
  | { state: "online"; broker: string }
  | { state: "updating"; version: string; percent: number }
  | { state: "offline"; reason: string; retryMs: number }
  | { state: "failed"; reason: string; retryMs: number }
  | { state: "restarting"; why: RestartReason };

export type RestartReason =
  | "settings"
  | "command"
  | "button"
  | "cable"
  | "reset"
  | "fault"
  | "update"
  | "rollback"
  | "names";

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

export abstract class Console implements Log {
  level: LogLevel = "normal";

  event(event: LifecycleEvent): void {
    const json = JSON.stringify(event);
    say(printable(json, json.length));
    this.remember(gist(event));
  }

  note(text: string): void {
    if (this.level !== "quiet") say(forPeople(printable(text, LINE_CHARACTERS)));
  }

  debug(text: string): void {
    if (this.level === "debug") say(forPeople(printable(text, LINE_CHARACTERS)));
  }

  /** For the start after this one. @param event its name and its reason */
  protected abstract remember(event: string): void;
}

/** Without what somebody outside gave, or nobody else is to know. */
function gist(event: LifecycleEvent): string {
  switch (event.state) {
    case "connecting":
      return `connecting ${event.to}`;
    case "restarting":
      return `restarting ${event.why}`;
    case "updating":
      return `updating ${event.percent} %`;
    case "portal":
    case "safe":
    case "offline":
    case "failed":
      return event.reason ? `${event.state} ${event.reason}` : event.state;
    default:
      return event.state;
  }
}

/** Longer is no message for a person. */
const LINE_CHARACTERS = 400;

/** Whatever stands in it, no program takes it for an event. */
function forPeople(line: string): string {
  return line.startsWith("{") ? ` ${line}` : line;
}

export function noteFailure(log: Log, failure: Failure): void {
  log.note(`${failure.reason}: ${advise(failure)}`);
}
