/** The machine that the agent runs on. */
export interface System {
  /** Ends everything that is in memory and starts over. Does not return to its caller in any useful way. */
  restart(): void;
  /** Bytes, where the machine can tell. */
  freeHeapBytes(): number | undefined;
  /** Why the machine started the last time, in a word of RESET_REASONS; undefined where it cannot tell. */
  resetReason(): string | undefined;
  /** Starts in a row before this one that ended soon and that nobody wanted to end, as far as memory without power keeps them. */
  crashes(): number;
  /** This start has lived long enough, or nothing is to be held against it. */
  sound(): void;
  /** For the start after this one: the last ten of them are in its diagnosis. At most 24 characters of ASCII, no secret. */
  note(event: string): void;
  /** undefined: nothing was. */
  storageRepair(): StorageRepair | undefined;
  /** From now on the deepest place of the stack shows in the diagnosis. */
  watch(): void;
  /** How the machine is now; undefined where there is no chip. */
  diagnose(): Diagnosis | undefined;
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

/** What was done to the storage before the agent ran (esp32/storage_start.c). */
export interface StorageRepair {
  /** Why it was erased the last time: `esp_err_t`, as `0x110d`. The factory's record was saved, as far as it could be read. */
  readonly error: string | undefined;
  /** In this start. */
  readonly isNew: boolean;
  /** In this start the factory's record, or a part of it, came from its copy. */
  readonly isFromCopy: boolean;
}

/** As esp32/chip_diagnose.c writes it. */
export interface Diagnosis {
  /** Bytes. */
  readonly free_heap: number;
  readonly minimum_free_heap: number;
  readonly largest_free_block: number;
  /** Of XS: at the last collection, and what was made since; the peaks since the start. */
  readonly slots: number;
  readonly slots_peak: number;
  readonly chunk_bytes: number;
  readonly chunk_bytes_peak: number;
  /** Slots. */
  readonly stack_peak: number;
  readonly storage_entries_free: number;
  /** `wifi_err_reason_t` of the last disconnection; 0: there was none. */
  readonly wifi_reason: number;
  /** Starts that ended soon, since the power came; `row`: those without a sound one between them. */
  readonly crashes: Readonly<Record<"row" | "crash" | "watchdog" | "brownout" | "abort", number>>;
  /** The last events of the start before this one, the oldest first. */
  readonly before: readonly string[];
}

/** By `esp_reset_reason_t` (esp_system.h); behind those XS's aborts, which `fxAbort` ends in a restart (esp32/last_words.c). */
export const RESET_REASONS: readonly (string | undefined)[] = Object.freeze([
  undefined,
  ...["power-on", "external", "software", "panic", "interrupt-watchdog", "task-watchdog", "watchdog", "deep-sleep"],
  ...["brownout", "sdio", "usb", "jtag", "efuse", "power-glitch", "cpu-lockup"],
  ...["abort-stack", "abort-memory", "abort-exception", "abort-rejection", "abort-names", "abort"],
]);

export interface Partition {
  readonly label: string;
  readonly type: number;
  readonly subtype: number;
  readonly address: number;
  readonly size: number;
}
