/** Control messages: what comes in on the control topic, and what is answered. */

import { reportFault } from "../../modules/base/guard.js";
import type { Timer } from "../../modules/clock/clock.js";
import { type Json, numberAsWritten, parseObject } from "../../modules/data/json.js";
import { type Outcome, refused } from "../application/application.js";
import type { Device } from "../device/device.js";
import { type CommandContext, ownCommand } from "./commands.js";
import { commandNamed, MESSAGE_NAMES, parseFor } from "./messages.js";

interface Replier {
  readonly device: Pick<Device, "clock" | "application" | "names">;
  readonly isSafe?: boolean | undefined;
  /** For the status topic. */
  reply(reply: object): void;
}

/** What a reply repeats of it. */
interface Request {
  readonly cmd: string;
  readonly id?: string | number;
}

/** Who waits for the outcome of a command: told once. */
export interface Asker {
  settle(outcome: Outcome): void;
}

/** Longest command name and request id that are repeated in a reply. */
const MAX_ECHO_CHARACTERS = 64;
/** Of commands that take their time, at once: each keeps its request in memory. */
const MAX_PENDING = 4;
/** Whoever asked has given up by then. */
const COMMAND_TIMEOUT_MS = 30_000;

export class Control {
  private replier: Replier;
  /** Commands that take their time: their answers are still to come. */
  pending = 0;

  constructor(replier: Replier) {
    this.replier = replier;
  }

  /**
   * `{"cmd": "ping", "id"?: …}`, or the xiaozhi form `{"type": "system", "command": "reboot"}`.
   * @returns false where the payload is no control message at all, or the reply to one, which comes back where the
   *   topics are the same
   */
  receive(payload: string, context: CommandContext): boolean {
    const message = parseObject(payload, MESSAGE_NAMES);
    const name = message?.cmd ?? (message?.type === "system" ? message.command : undefined);
    if (!message || "ok" in message || typeof name !== "string") return false;
    const cmd = name.slice(0, MAX_ECHO_CHARACTERS);
    const id = echo(message.id, payload);
    const reply = new Reply(this.replier, { cmd, ...(id !== undefined && { id }) });
    this.perform(cmd, parseFor(this.replier.device, cmd, payload) ?? message, context, reply);
    return true;
  }

  /** @param message with the command's arguments, unchecked */
  perform(name: string, message: Json, context: CommandContext, asker: Asker): void {
    const outcome = this.run(name, message, context);
    if (outcome instanceof Promise) this.await(name, outcome, asker);
    else asker.settle(outcome);
  }

  private run(cmd: string, message: Json, context: CommandContext): Outcome | Promise<Outcome> {
    try {
      const own = ownCommand(cmd);
      if (this.replier.isSafe && !own?.isSafe) return refused("safe");
      if (own) return own.run(context, message);
      const command = commandNamed(this.replier.device.application.commands, cmd);
      if (!command) return refused("unknown command");
      // What it needs may be missing.
      if (this.replier.device.names.isSpent) return refused("the device restarts: too many names");
      const run = typeof command === "object" ? command.run : command;
      return this.pending < MAX_PENDING ? run(message) : refused("busy");
    } catch (error) {
      reportFault(cmd, error);
      return refused("fault");
    }
  }

  /** Answered once, by the command or when its time is over. */
  private await(name: string, outcome: Promise<Outcome>, asker: Asker): void {
    const { clock } = this.replier.device;
    this.pending++;
    let timer: Timer | undefined;
    const settle = (settled: Outcome) => {
      if (!timer) return;
      clock.cancel(timer);
      timer = undefined;
      this.pending--;
      asker.settle(settled);
    };
    timer = clock.after(COMMAND_TIMEOUT_MS, () => settle(refused("timeout")));
    outcome.then(settle, (error) => {
      reportFault(name, error);
      settle(refused("fault"));
    });
  }
}

class Reply implements Asker {
  private replier: Replier;
  private request: Request;

  constructor(replier: Replier, request: Request) {
    this.replier = replier;
    this.request = request;
  }

  settle(outcome: Outcome): void {
    this.replier.reply({ ...this.request, ...outcome });
  }
}

/** Beyond 2^53 as the text that came: the number has lost digits. */
function echo(id: unknown, payload: string): string | number | undefined {
  if (typeof id === "string") return id.slice(0, MAX_ECHO_CHARACTERS);
  if (typeof id !== "number") return undefined;
  if (Math.abs(id) <= Number.MAX_SAFE_INTEGER) return id;
  return numberAsWritten(payload, "id", id)?.slice(0, MAX_ECHO_CHARACTERS);
}
