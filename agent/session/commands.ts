/** The commands that the agent itself has. */

import { LOG_LEVELS } from "../../modules/base/log.js";
import { asObject, type Json } from "../../modules/data/json.js";
import { PREFERENCES, type Preferences, withWanted } from "../../modules/settings/preferences.js";
import { done, type Outcome, refused } from "../application/application.js";
import type { Device } from "../device/device.js";
import { type Reported, status, uptimeSeconds } from "./status.js";

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
  /** Asks the service whether there is firmware. */
  checkFirmware(): void;
  /** Of the certificate in use; undefined: nothing names one that could replace it. */
  rotationTemplate(wanted: unknown): string | undefined;
  /** Intervals may have changed. */
  onPreferences(): void;
}

interface OwnCommand {
  readonly name: string;
  /** @param request the whole message, unchecked */
  readonly run: (context: CommandContext, request: Json) => Outcome;
}

export const OWN_COMMANDS: readonly OwnCommand[] = Object.freeze<OwnCommand[]>([
  {
    name: "ping",
    run({ device }) {
      const pong = { ok: true, result: "pong", uptime: uptimeSeconds(device) } as const;
      return pong;
    },
  },
  { name: "status", run: ({ session }) => done(status(session)) },
  { name: "reboot", run: (context) => end(context, { kind: "reboot" }) },
  { name: "portal", run: (context) => end(context, { kind: "portal" }) },
  { name: "reprovision", run: (context) => end(context, { kind: "reprovision" }) },
  {
    name: "rotate",
    run(context, request) {
      const template = context.rotationTemplate(request.template);
      if (template === undefined) return refused("template: the name of one that rotates the certificate in use");
      return endUnlessTooSoon(context, { kind: "rotate", template });
    },
  },
  {
    name: "update",
    run(context) {
      const { pauses, updates } = context.device;
      if (pauses.remainingMs("firmware") > 0) return refused("too soon");
      updates.asked();
      context.checkFirmware();
      return done();
    },
  },
  {
    name: "set",
    run(context, { settings }) {
      const wanted = asObject(settings);
      return wanted ? change(context, wanted) : refused("settings: an object of names and values");
    },
  },
  {
    name: "log-level",
    run: (context, { level }) =>
      typeof level === "string"
        ? change(context, { logLevel: level })
        : refused(`level: one of ${LOG_LEVELS.join(", ")}`),
  },
]);

function end(context: CommandContext, action: EndingAction): Outcome {
  context.endWith(action);
  return done();
}

/** The service is left alone for as long as it asked for. */
function endUnlessTooSoon(context: CommandContext, action: EndingAction): Outcome {
  return context.device.pauses.remainingMs("service") > 0 ? refused("too soon") : end(context, action);
}

function change(context: CommandContext, wanted: Json): Outcome {
  const { log, store } = context.device;
  const changed: Preferences | string = withWanted(PREFERENCES.read(store) ?? {}, wanted);
  if (typeof changed === "string") return refused(changed);
  const written = PREFERENCES.write(store, changed);
  if (!written.ok) return refused(written.failure.reason);
  log.level = changed.logLevel ?? "normal";
  context.onPreferences();
  return done(changed);
}
