/** What an ESP32-S3 with this project's partitions says about itself (modules/system/esp32/chip_facts.c). */
import type { ChipFacts } from "../../modules/system/system.js";
import { FLASH_BYTES, PARTITIONS } from "../../modules/update/simulator/partitions.js";

const facts: Omit<ChipFacts, "running"> = {
  model: 9,
  cores: 2,
  revision: 2,
  // CHIP_FEATURE_WIFI_BGN and CHIP_FEATURE_BLE
  features: 0x12,
  flashBytes: FLASH_BYTES,
  minimumFreeHeapBytes: 160 * 1024,
  idfVersion: "v6.0",
  compileTime: "Nov 22 2026 12:00:00",
  elfSha256: "c0".repeat(32),
  partitions: PARTITIONS,
};

/** JSON, as C writes it. */
export function chipFacts(running: string): string {
  return JSON.stringify({ ...facts, running });
}
