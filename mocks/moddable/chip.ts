/** What an ESP32-S3 with this project's partitions says about itself (modules/system/esp32/chip_facts.c). */
import type { ChipFacts, Diagnosis } from "../../modules/system/system.js";
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

/** Of an agent that is online, or nearly. */
const memory: Omit<Diagnosis, "wifi_reason" | "crashes" | "before"> = {
  ...{ free_heap: 170 * 1024, minimum_free_heap: facts.minimumFreeHeapBytes, largest_free_block: 96 * 1024 },
  ...{ slots: 884, slots_peak: 1_900, chunk_bytes: 8_000, chunk_bytes_peak: 20_000, stack_peak: 270 },
  storage_entries_free: 1_600,
};

export const FREE_HEAP_BYTES = memory.free_heap;

/** JSON, as C writes it. */
export function chipDiagnosis(last: Pick<Diagnosis, "wifi_reason" | "crashes" | "before">): string {
  return JSON.stringify({ ...memory, ...last });
}

/** JSON, as C writes it. */
export function chipFacts(running: string): string {
  return JSON.stringify({ ...facts, running });
}
