/** The commands that the agent itself has. */

import type { Result } from "../../modules/base/failure.js";
import { LOG_LEVELS } from "../../modules/base/log.js";
import { asObject, type Json } from "../../modules/data/json.js";
import { PREFERENCE_NAMES, PREFERENCES, type Preferences, withWanted } from "../../modules/settings/preferences.js";
import type { Updates } from "../../modules/update/update.js";
import { type Description, done, type Outcome, refused } from "../application/application.js";
import type { Device } from "../device/device.js";
import { diagnosis, type Reported, status, uptimeSeconds } from "./status.js";

/** After the reply the connection ends. `template`: of the certificate that takes the place of the one in use. */
export type EndingAction =
  | { readonly kind: "reboot" | "portal" | "reprovision" }
  | { readonly kind: "rotate"; readonly template: string };

/** The connection that a command came in on. */
export interface CommandContext {
  readonly device: Device;
  readonly session: Reported;
  /** Soon: the reply goes out first. */
  endWith(action: EndingAction): void;
  /** Asks the service whether there is firmware; what it offers goes to the updater. Undefined: the connection is over. */
  checkFirmware(): Promise<Result<void>> | undefined;
  /** Of the certificate in use; undefined: nothing names one that could replace it. */
  rotationTemplate(wanted: unknown): string | undefined;
  /** Intervals may have changed. */
  onPreferences(): void;
}

export interface OwnCommand extends Description {
  readonly name: string;
  readonly description: string;
  /** No language model is to use it of its own accord. */
  readonly isForUsers?: true;
  /** Also in the state `safe`. */
  readonly isSafe?: true;
  /** @param request the whole message, unchecked */
  readonly run: (context: CommandContext, request: Json) => Outcome | Promise<Outcome>;
}

const TOO_SOON = "too soon";

export const OWN_COMMANDS: readonly OwnCommand[] = Object.freeze<OwnCommand[]>([
  {
    name: "ping",
    description: "Tells whether the device answers.",
    isSafe: true,
    run({ device }) {
      const pong = { ok: true, result: "pong", uptime: uptimeSeconds(device) } as const;
      return pong;
    },
  },
  {
    name: "status",
    description:
      "The device's state: address, signal, free memory, uptime, firmware version and update, messages that wait.",
    isSafe: true,
    run: ({ session }) => done(status(session)),
  },
  {
    name: "diagnose",
    description: "Memory, storage, crashes, why the device restarted, and its last events before that.",
    isSafe: true,
    run: ({ device }) => done(diagnosis(device)),
  },
  {
    name: "reboot",
    description: "Restarts the device.",
    isSafe: true,
    isForUsers: true,
    run: (context) => end(context, { kind: "reboot" }),
  },
  {
    name: "portal",
    description: "Restarts the device with its setup page open: it is offline meanwhile.",
    isForUsers: true,
    run: (context) => end(context, { kind: "portal" }),
  },
  {
    name: "reprovision",
    description: "Fetches the device's settings from its service again.",
    isForUsers: true,
    run: (context) => endUnlessTooSoon(context, { kind: "reprovision" }),
  },
  {
    name: "rotate",
    description: "Replaces the device's certificate.",
    properties: { template: { type: "string" } },
    isForUsers: true,
    run(context, request) {
      const template = context.rotationTemplate(request.template);
      if (template === undefined) return refused("template: the name of one that rotates the certificate in use");
      // The service is left alone for as long as it asked for.
      if (context.device.pauses.remainingMs("service") > 0) return refused(TOO_SOON);
      return endUnlessTooSoon(context, { kind: "rotate", template });
    },
  },
  {
    name: "update",
    description: "Looks for new firmware and installs it.",
    isSafe: true,
    isForUsers: true,
    run(context) {
      const { pauses, updates } = context.device;
      if (pauses.remainingMs("firmware") > 0) return refused(TOO_SOON);
      updates.asked();
      return context.checkFirmware()?.then((checked) => answerOf(updates, checked)) ?? refused("no connection");
    },
  },
  {
    name: "set",
    description: `Changes preferences: ${PREFERENCE_NAMES.join(", ")}. null takes one back.`,
    properties: { settings: { type: "object" } },
    required: ["settings"],
    isForUsers: true,
    run(context, { settings }) {
      const wanted = asObject(settings);
      return wanted ? change(context, wanted) : refused("settings: an object of names and values");
    },
  },
  {
    name: "log-level",
    description: "How much the device writes on its console.",
    properties: { level: { type: "string", enum: LOG_LEVELS } },
    required: ["level"],
    isForUsers: true,
    run: (context, { level }) =>
      typeof level === "string"
        ? change(context, { logLevel: level })
        : refused(`level: one of ${LOG_LEVELS.join(", ")}`),
  },
]);

export function ownCommand(name: string): OwnCommand | undefined {
  for (const own of OWN_COMMANDS) if (own.name === name) return own;
  return undefined;
}

/** What was found, and what becomes of it. */
function answerOf(updates: Updates, checked: Result<void>): Outcome {
  return checked.ok ? done(updates.takeFound() ?? { state: "none" }) : refused(checked.failure.reason);
}

function end(context: CommandContext, action: EndingAction): Outcome {
  context.endWith(action);
  return done();
}

/** What the service answers may be written to flash, and counts then. A restart needs no such limit: it takes its time itself. */
function endUnlessTooSoon(context: CommandContext, action: EndingAction): Outcome {
  return context.device.pauses.mayWrite ? end(context, action) : refused(TOO_SOON);
}

function change(context: CommandContext, wanted: Json): Outcome {
  const { log, store, pauses } = context.device;
  const before = PREFERENCES.read(store) ?? {};
  const changed: Preferences | string = withWanted(before, wanted);
  if (typeof changed === "string") return refused(changed);
  if (JSON.stringify(changed) === JSON.stringify(before)) return done(changed);
  if (!pauses.takeWrite()) return refused(TOO_SOON);
  const written = PREFERENCES.write(store, changed);
  if (!written.ok) return refused(written.failure.reason);
  log.level = changed.logLevel ?? "normal";
  context.onPreferences();
  return done(changed);
}
