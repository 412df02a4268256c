/** `embedded:storage/flash`: what stands for it in the simulator, over the flash of the virtual device. */
import type FlashStorage from "embedded:storage/flash";
import { createFlashStorage } from "../../modules/update/simulator/flash-adapter.js";
import { host } from "./host.js";

export default createFlashStorage(() => host.ota) satisfies typeof FlashStorage;
