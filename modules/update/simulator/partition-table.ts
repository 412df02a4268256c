/** Made by `npm run build` out of modules/system/esp32/partitions.csv: change it there. */
import type { Partition } from "../../system/system.js";

export const PARTITIONS: readonly Partition[] = [
  { label: "nvs", type: 1, subtype: 0x2, address: 0x9000, size: 0x10000 },
  { label: "phy_init", type: 1, subtype: 0x1, address: 0x19000, size: 0x1000 },
  { label: "otadata", type: 1, subtype: 0x0, address: 0x1a000, size: 0x2000 },
  { label: "identity", type: 1, subtype: 0x2, address: 0x1c000, size: 0x4000 },
  { label: "ota_0", type: 0, subtype: 0x10, address: 0x20000, size: 0x300000 },
  { label: "ota_1", type: 0, subtype: 0x11, address: 0x320000, size: 0x300000 },
];
