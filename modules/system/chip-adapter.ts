/** The machine, in C (native/chip.h). Bound by name: `mc/ffi` makes all of its functions anew for each call, and some come often. */
/// <reference path="../typings/native.d.ts" />

/** @param json is filled. @returns how many bytes of it; 0: there is no chip, or it does not fit */
export function facts(this: void, json: ArrayBuffer): number {
  return native("xs_chip_facts").call(this, json);
}

/** As `facts`. */
export function diagnosis(this: void, json: ArrayBuffer): number {
  return native("xs_chip_diagnose").call(this, json);
}

/** @returns bytes; 0: there is no chip */
export function freeHeap(this: void): number {
  return native("xs_chip_free_heap").call(this);
}

export function isDebug(this: void): boolean {
  return native("xs_chip_is_debug").call(this);
}

export function watch(this: void): void {
  native("xs_chip_watch").call(this);
}

/** @returns `esp_reset_reason_t`, or one of XS's aborts behind those */
export function resetReason(this: void): number {
  return native("xs_chip_reset_reason").call(this);
}

export function restartWanted(this: void): void {
  native("xs_chip_restart_wanted").call(this);
}

export function sound(this: void): void {
  native("xs_chip_sound").call(this);
}

export function crashes(this: void): number {
  return native("xs_chip_crashes").call(this);
}

export function note(this: void, event: string): void {
  native("xs_chip_note").call(this, event);
}

/** @returns an `esp_err_t`, with `1 << 16` where it was in this start, and `1 << 17` where the copy of the record was used in it */
export function storageRepaired(this: void): number {
  return native("xs_chip_storage_repaired").call(this);
}
