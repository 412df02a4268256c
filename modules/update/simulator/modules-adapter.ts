/** Under its full name for the modules of this folder that go by another: from there no relative one leads here. */
import { simulatedOta } from "./chip-adapter.js";
import { createFlashStorage } from "./flash-adapter.js";
import { createUpdate } from "./update-adapter.js";

export { simulatedBoard } from "./chip-adapter.js";

export const flash = createFlashStorage(simulatedOta);
export const update = createUpdate(simulatedOta);
