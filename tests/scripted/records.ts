/** What a device keeps in a namespace of its own. */

import type { Device } from "../../agent/device/device.js";
import { Seen } from "../../agent/session/seen.js";
import { createKeystore } from "../../modules/identity/keystore.js";
import { authoritiesRecord } from "../../modules/settings/authorities.js";
import { preferencesRecord } from "../../modules/settings/preferences.js";
import { settingsRecord } from "../../modules/settings/settings.js";
import type { Store } from "../../modules/storage/storage.js";
import { claimRecord } from "../../provisioning/claim.js";
import { enrolmentRecord } from "../../provisioning/fleet/record.js";
import { Journal } from "../../provisioning/journal.js";
import { tokenRecord } from "../../provisioning/token.js";
import { saleRecord } from "../../provisioning/vending/record.js";

type Records =
  | "store"
  | "settings"
  | "claim"
  | "token"
  | "preferences"
  | "authorities"
  | "journal"
  | "keystore"
  | "sales"
  | "enrolments"
  | "seen";

export function recordsIn(store: Store, factory: Pick<Store, "getBytes">): Pick<Device, Records> {
  return {
    store,
    settings: settingsRecord(store),
    claim: claimRecord(store),
    token: tokenRecord(store),
    preferences: preferencesRecord(store),
    authorities: authoritiesRecord(store),
    journal: new Journal(store),
    keystore: createKeystore(store, factory),
    sales: saleRecord(store),
    enrolments: enrolmentRecord(store),
    seen: new Seen(store),
  };
}
