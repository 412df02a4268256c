/** What provisioning leaves in flash beside the journal. */
import type { SlotId } from "../modules/identity/keystore.js";
import type { TextStore } from "../modules/storage/storage.js";
import { CLAIM } from "./claim.js";
import { PROTOCOLS } from "./protocols.js";
import { TOKEN } from "./token.js";

/** As from the factory: what people have handed over, and what protocols keep. @returns false where flash refuses */
export function eraseRecords(store: TextStore): boolean {
  let isDone = CLAIM.erase(store).ok;
  isDone = TOKEN.erase(store).ok && isDone;
  for (const { records = [] } of PROTOCOLS) for (const record of records) isDone = record.erase(store).ok && isDone;
  return isDone;
}

/** Of the keystore, with certificates that are on their way to the journal. */
export function issuedSlots(store: TextStore): SlotId[] {
  return PROTOCOLS.flatMap((protocol) => protocol.issuedSlot?.(store) ?? []);
}
