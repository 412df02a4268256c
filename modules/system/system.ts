/** The machine that the agent runs on. */
export interface System {
  /** Ends everything that is in memory and starts over. Does not return to its caller in any useful way. */
  restart(): void;
  /** Bytes, where the machine can tell. */
  freeHeapBytes(): number | undefined;
  /** Why the machine started the last time, in a word; undefined where it cannot tell. */
  resetReason(): string | undefined;
  /** What the chip and the image say about themselves; undefined where there is no chip. */
  facts(): ChipFacts | undefined;
  /** The image was built for development (`mcconfig -d`). */
  readonly isDebug: boolean;
}

/** As ESP-IDF has it: esp_chip_info, esp_flash_get_size, esp_app_get_description, esp_partition_find. */
export interface ChipFacts {
  /** `esp_chip_model_t`: 9 is the ESP32-S3. */
  readonly model: number;
  readonly cores: number;
  /** Major times 100 and minor. */
  readonly revision: number;
  /** `CHIP_FEATURE_…` bits. */
  readonly features: number;
  readonly flashBytes: number;
  readonly minimumFreeHeapBytes: number;
  readonly idfVersion: string;
  /** Date and time in C's forms. */
  readonly compileTime: string;
  /** Hex. */
  readonly elfSha256: string;
  /** Label of the partition that runs. */
  readonly running: string;
  readonly partitions: readonly Partition[];
}

/** By `esp_reset_reason_t` (esp_system.h). */
export const RESET_REASONS: readonly (string | undefined)[] = Object.freeze([
  undefined,
  ...["power-on", "external", "software", "panic", "interrupt-watchdog", "task-watchdog", "watchdog", "deep-sleep"],
  ...["brownout", "sdio", "usb", "jtag", "efuse", "power-glitch", "cpu-lockup"],
]);

export interface Partition {
  readonly label: string;
  readonly type: number;
  readonly subtype: number;
  readonly address: number;
  readonly size: number;
}
