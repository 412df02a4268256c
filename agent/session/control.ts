/** Control messages: what comes in on the control topic, and what is answered. */

import { reportFault } from "../../modules/base/guard.js";
import type { Clock, Timer } from "../../modules/clock/clock.js";
import { type Json, parseObject } from "../../modules/data/json.js";
import type { Command, Commands, Outcome } from "../application/application.js";
import { refused } from "../application/application.js";

export interface ControlOptions {
  readonly clock: Clock;
  readonly commands: Commands;
  /** An answer, for the status topic. */
  say(reply: object): void;
}

/** Longest command name and request id that are repeated in an answer. */
const MAX_ECHO_CHARACTERS = 64;
/** Of commands that take their time, at once: each keeps its request in memory. */
const MAX_PENDING = 4;
/** Whoever asked has given up by then. */
const COMMAND_TIMEOUT_MS = 30_000;

export class Control {
  #options: ControlOptions;
  #pending = 0;

  constructor(options: ControlOptions) {
    this.#options = options;
  }

  /**
   * `{"cmd": "ping", "id"?: …}`, or the xiaozhi form `{"type": "system", "command": "reboot"}`.
   * @returns false where the payload is no control message at all, or the answer to one, which comes back where the
   *   topics are the same
   */
  receive(payload: string): boolean {
    const message = parseObject(payload);
    const name = message?.cmd ?? (message?.type === "system" ? message.command : undefined);
    if (!message || "ok" in message || typeof name !== "string") return false;
    const cmd = name.slice(0, MAX_ECHO_CHARACTERS);
    const id = echo(message.id);
    this.run(cmd, message, (outcome) => {
      this.#options.say({ cmd, ...(id !== undefined && { id }), ...outcome });
    });
    return true;
  }

  private run(cmd: string, message: Json, answer: (outcome: Outcome) => void): void {
    const { commands } = this.#options;
    // Not what every object has: `constructor` is no command.
    const command: Command | undefined = Object.hasOwn(commands, cmd) ? commands[cmd] : undefined;
    if (!command) {
      answer(refused("unknown command"));
      return;
    }
    if (this.#pending >= MAX_PENDING) {
      answer(refused("busy"));
      return;
    }
    try {
      const outcome = command(message);
      if (outcome instanceof Promise) this.await(cmd, outcome, answer);
      else answer(outcome);
    } catch (error) {
      reportFault(cmd, error);
      answer(refused("fault"));
    }
  }

  /** Answered once, by the command or when its time is over. */
  private await(cmd: string, outcome: Promise<Outcome>, answer: (outcome: Outcome) => void): void {
    this.#pending++;
    let timer: Timer | undefined;
    const settle = (settled: Outcome) => {
      if (!timer) return;
      this.#options.clock.cancel(timer);
      timer = undefined;
      this.#pending--;
      answer(settled);
    };
    timer = this.#options.clock.after(COMMAND_TIMEOUT_MS, () => settle(refused("timeout")));
    outcome.then(settle, (error) => {
      reportFault(cmd, error);
      settle(refused("fault"));
    });
  }
}

function echo(id: unknown): string | number | undefined {
  if (typeof id === "number" && Number.isFinite(id)) return id;
  return typeof id === "string" ? id.slice(0, MAX_ECHO_CHARACTERS) : undefined;
}
