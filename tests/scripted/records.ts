/** What a device keeps in a namespace of its own. */

import type { Device } from "../../agent/device/device.js";
import { NvsKeystore } from "../../modules/identity/keystore.js";
import type { Store } from "../../modules/storage/storage.js";
import { Journal } from "../../provisioning/journal.js";

type Records = "store" | "journal" | "keystore";

export function recordsIn(store: Store, factory: Pick<Store, "getBytes">): Pick<Device, Records> {
  return {
    store,
    journal: new Journal(store),
    keystore: new NvsKeystore(store, factory),
  };
}
