/** What the simulated board's bootloader says; without a flash, what a board says that was never updated. */
import { simulatedBoard } from "modules/update/simulator/modules-adapter";
import type { Boot } from "../firmware.js";

export const boot: Boot = {
  version: (built) => simulatedBoard()?.version ?? built,
  onTrial: () => simulatedBoard()?.ota.onTrial ?? false,
  accept: () => simulatedBoard()?.ota.accept() ?? false,
  rolledBackVersion: () => simulatedBoard()?.ota.rolledBack()?.version,
};
