/** The service that the settings name, with all that it may see of the device. */

import { noteFailure } from "../../modules/base/log.js";
import type { Authorities } from "../../modules/settings/authorities.js";
import type { Certificates } from "../../provisioning/certificates.js";
import { CLAIM } from "../../provisioning/claim.js";
import type { Habits } from "../../provisioning/journal.js";
import { type Service, serviceAt, type Target } from "../../provisioning/protocols.js";
import { TOKEN } from "../../provisioning/token.js";
import type { Device } from "../device/device.js";

export interface ServiceOptions {
  /** Counts in place of what is stored of its kind. */
  readonly handed?: Certificates;
  /** Nothing that is found out may take the place of what is stored of another service. */
  readonly isTrial?: boolean;
  /** See ProvisioningContext. */
  readonly rotation?: string | undefined;
}

export function serviceOf(
  device: Device,
  target: Target,
  { handed = {}, isTrial = false, rotation }: ServiceOptions = {},
): Service {
  let found: Habits = {};
  const { journal, build, system, identity, wifi } = device;
  const [configuration] = journal.stored(target.url);
  return serviceAt(target, {
    io: trusting(device, handed.authorities),
    identity,
    product: build,
    machine: { chip: system.facts, wifi: () => wifi.status() },
    timeoutMs: configuration?.pace.timeoutMs,
    keystore: device.keystore,
    freeSlot: () => journal.freeSlot(),
    stored: () => journal.stored(target.url)[0],
    store: device.store,
    rotation,
    claim: () => handed.claim ?? CLAIM.read(device.store),
    deviceToken: () => handed.token ?? TOKEN.read(device.store) ?? identity.deviceToken(),
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
    told: {
      time: (nowMs) => device.calendar.suggest(nowMs),
      firmware: (offer) => device.updates.offered(offer),
      note: (text) => device.log.note(text),
    },
  });
}

/** @param authorities in place of the stored ones, where there are any */
function trusting(device: Device, authorities: Authorities | undefined): Device {
  if (!authorities) return device;
  return {
    ...device,
    http: (request) => device.http({ ...request, authorities }),
    mqtt: (options) => device.mqtt({ ...options, authorities }),
  };
}
