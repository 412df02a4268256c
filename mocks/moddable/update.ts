/** `embedded:update`: what stands for it in the simulator, over the flash of the virtual device. */
import type Update from "embedded:update";
import { createUpdate } from "../../modules/update/simulator/update-adapter.js";
import { host } from "./host.js";

export default createUpdate(() => host.ota) satisfies typeof Update;
