/** The service that the settings name, with all that it may see of the device. */
import type { Habits } from "../../provisioning/journal.js";
import { type Service, serviceAt, type Target } from "../../provisioning/protocols.js";
import { noteFailure } from "../log/log.js";
import type { Device } from "./device.js";

/** @param isTrial nothing that is found out may take the place of what is stored of another service */
export function serviceOf(device: Device, target: Target, isTrial = false): Service {
  let found: Habits = {};
  const { journal, build, system, identity, wifi } = device;
  const [configuration] = journal.stored(target.url);
  return serviceAt(target, {
    io: device,
    identity,
    product: build,
    machine: { chip: system.facts, wifi: () => wifi.status() },
    timeoutMs: configuration?.pace.timeoutMs,
    skipActivation: build.skipActivation && system.isDebug,
    habits: () => ({ ...journal.habits(target.url), ...found }),
    learn(habits) {
      if (isTrial) {
        found = { ...found, ...habits };
        return;
      }
      const learnt = journal.learn(target.url, habits);
      if (!learnt.ok) noteFailure(device.log, learnt.failure);
    },
    told: { time: device.calendar.suggest, firmware: (offer) => device.updates.offered(offer) },
  });
}
