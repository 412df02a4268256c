/** The commands that the agent itself has. */
import { type Commands, done, refused } from "../application/application.js";
import { asObject } from "../json/json.js";
import type { Device } from "../lifecycle/device.js";
import { LOG_LEVELS } from "../log/log.js";
import { type Preferences, withWanted } from "../settings/preferences.js";
import { status, uptimeSeconds } from "./reports.js";

/** After the answer the session ends. */
export type EndingAction = "reboot" | "portal" | "reprovision";

export interface CommandContext {
  readonly device: Device;
  /** Soon: the answer goes out first. */
  end(action: EndingAction): void;
  /** Asks the service whether there is firmware. */
  checkFirmware(): void;
  /** Intervals may have changed. */
  onPreferences(): void;
}

export function ownCommands({ device, end, checkFirmware, onPreferences }: CommandContext): Commands {
  const { log, pauses, preferences, updates } = device;

  const change = (wanted: Preferences | string) => {
    if (typeof wanted === "string") return refused(wanted);
    const written = preferences.write(wanted);
    if (!written.ok) return refused(written.failure.reason);
    log.level = wanted.logLevel ?? "normal";
    onPreferences();
    return done(wanted);
  };
  const stored = () => preferences.read() ?? {};
  const ending = (action: EndingAction) => () => {
    end(action);
    return done();
  };

  return {
    ping() {
      const pong = { ok: true, result: "pong", uptime: uptimeSeconds(device) } as const;
      return pong;
    },
    status: () => done(status(device)),
    reboot: ending("reboot"),
    portal: ending("portal"),
    reprovision: () => (pauses.remainingMs("service") > 0 ? refused("too soon") : ending("reprovision")()),
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
