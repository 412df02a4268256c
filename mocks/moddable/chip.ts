/** What an ESP32-S3 with this project's partitions says about itself (modules/system/esp32/chip_facts.c). */
import type { ChipFacts } from "../../modules/system/system.js";

const data = 1;
const app = 0;

const facts: ChipFacts = {
  model: 9,
  cores: 2,
  revision: 2,
  // CHIP_FEATURE_WIFI_BGN and CHIP_FEATURE_BLE
  features: 0x12,
  flashBytes: 8 * 1024 * 1024,
  minimumFreeHeapBytes: 160 * 1024,
  idfVersion: "v6.0",
  compileTime: "Nov 22 2026 12:00:00",
  running: "ota_0",
  elfSha256: "c0".repeat(32),
  partitions: [
    { label: "nvs", type: data, subtype: 2, address: 0x9000, size: 0x10000 },
    { label: "phy_init", type: data, subtype: 1, address: 0x19000, size: 0x1000 },
    { label: "otadata", type: data, subtype: 0, address: 0x1a000, size: 0x2000 },
    { label: "ota_0", type: app, subtype: 0x10, address: 0x20000, size: 0x300000 },
    { label: "ota_1", type: app, subtype: 0x11, address: 0x320000, size: 0x300000 },
  ],
};

/** JSON, as C writes it. */
export function chipFacts(): string {
  return JSON.stringify(facts);
}
