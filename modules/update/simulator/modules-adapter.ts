/** Under a name of this project: the SDK's names, which stand for these, know no relative ones. */
import { simulatedOta } from "./chip-adapter.js";
import { createFlashStorage } from "./flash-adapter.js";
import { createUpdate } from "./update-adapter.js";

export const flash = createFlashStorage(simulatedOta);
export const update = createUpdate(simulatedOta);
