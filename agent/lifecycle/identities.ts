/** What becomes of configurations, and of the certificates that they name, when a service gives or a broker takes or refuses them. */

import type { Result } from "../../modules/base/failure.js";
import { noteFailure } from "../../modules/base/log.js";
import { SLOTS } from "../../modules/identity/keystore.js";
import type { Settings } from "../../modules/settings/settings.js";
import { CLAIM } from "../../provisioning/claim.js";
import { type Configuration, sameConfiguration } from "../../provisioning/configuration.js";
import { issuedSlots } from "../../provisioning/records.js";
import type { Device } from "../device/device.js";

/** A flash that is full does not keep the device from its broker. */
export function keep(device: Device, { url }: Settings, configuration: Configuration): void {
  const { journal, pauses } = device;
  // Who has the service asked again and again, and answers with something else each time, wears the flash.
  if (!journal.stored(url).some((stored) => sameConfiguration(stored, configuration))) pauses.takeWrite();
  note(device, journal.keep(url, configuration));
}

/** A connection with it has lasted: what led to it, or was in use before it, is no longer in flash. */
export function prove(device: Device, { url }: Settings, configuration: Configuration): void {
  const { journal, store } = device;
  const proven = journal.prove(url, configuration);
  note(device, proven);
  // Whatever was not written names what was there before.
  if (!proven.ok) return;
  eraseUnnamed(device);
  const isOwn = SLOTS.some((slot) => slot === configuration.credentials.certificate);
  // It has been spent, and counts for nothing else.
  if (isOwn && CLAIM.read(store)) note(device, CLAIM.erase(store));
}

/** The broker does not take it. */
export function reject(device: Device, { url }: Settings, configuration: Configuration): void {
  note(device, device.journal.reject(url, configuration));
  eraseUnnamed(device);
}

/** As from the factory. @returns false where flash refuses */
export function eraseIdentities({ keystore }: Device): boolean {
  let isDone = true;
  for (const slot of SLOTS) isDone = keystore.erase(slot).ok && isDone;
  return isDone;
}

/** A power cut leaves them until the next connection. What is on its way to the journal has a record of its own. */
function eraseUnnamed(device: Device): void {
  const { journal, store, keystore } = device;
  const named = [...journal.slots(), ...issuedSlots(store)];
  for (const slot of SLOTS) if (!named.includes(slot)) note(device, keystore.erase(slot));
}

function note({ log }: Device, result: Result<void>): void {
  if (!result.ok) noteFailure(log, result.failure);
}
