/** The commands that the agent itself has. */

import { LOG_LEVELS } from "../../modules/base/log.js";
import { asObject } from "../../modules/data/json.js";
import { PREFERENCES, type Preferences, withWanted } from "../../modules/settings/preferences.js";
import { type Commands, done, type Outcome, refused } from "../application/application.js";
import type { Device } from "../device/device.js";
import { status, uptimeSeconds } from "./reports.js";

/** After the answer the session ends. `template`: of the certificate that takes the place of the one in use. */
export type EndingAction =
  | { readonly kind: "reboot" | "portal" | "reprovision" }
  | { readonly kind: "rotate"; readonly template: string };

export interface CommandContext {
  readonly device: Device;
  /** Soon: the answer goes out first. */
  end(action: EndingAction): void;
  /** Asks the service whether there is firmware. */
  checkFirmware(): void;
  /** Of the certificate in use; undefined: nothing names one that could replace it. */
  rotationTemplate(wanted: unknown): string | undefined;
  /** Intervals may have changed. */
  onPreferences(): void;
}

export function ownCommands(context: CommandContext): Commands {
  const { device, end, checkFirmware, rotationTemplate, onPreferences } = context;
  const { log, pauses, store, updates } = device;

  const change = (wanted: Preferences | string) => {
    if (typeof wanted === "string") return refused(wanted);
    const written = PREFERENCES.write(store, wanted);
    if (!written.ok) return refused(written.failure.reason);
    log.level = wanted.logLevel ?? "normal";
    onPreferences();
    return done(wanted);
  };
  const stored = () => PREFERENCES.read(store) ?? {};
  const ending = (action: EndingAction) => () => {
    end(action);
    return done();
  };
  const unlessTooSoon = (command: () => Outcome) =>
    pauses.remainingMs("service") > 0 ? refused("too soon") : command();

  return {
    ping() {
      const pong = { ok: true, result: "pong", uptime: uptimeSeconds(device) } as const;
      return pong;
    },
    status: () => done(status(device)),
    reboot: ending({ kind: "reboot" }),
    portal: ending({ kind: "portal" }),
    reprovision: () => unlessTooSoon(ending({ kind: "reprovision" })),
    rotate({ template: wanted }) {
      const template = rotationTemplate(wanted);
      if (template === undefined) return refused("template: the name of one that rotates the certificate in use");
      return unlessTooSoon(ending({ kind: "rotate", template }));
    },
    update() {
      if (pauses.remainingMs("firmware") > 0) return refused("too soon");
      updates.asked();
      checkFirmware();
      return done();
    },
    set({ settings }) {
      const wanted = asObject(settings);
      return change(wanted ? withWanted(stored(), wanted) : "settings: an object of names and values");
    },
    "log-level": ({ level }) =>
      typeof level === "string"
        ? change(withWanted(stored(), { logLevel: level }))
        : refused(`level: one of ${LOG_LEVELS.join(", ")}`),
  };
}
