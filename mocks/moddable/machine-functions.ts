/** `modules/system/chip-adapter`: the machine, as the C of modules/system/esp32 has it. */
import { chipDiagnosis, chipFacts, FREE_HEAP_BYTES } from "./chip.js";
import { host } from "./host.js";

export function facts(json: ArrayBuffer): number {
  return write(json, chipFacts(host.ota.running.label));
}

export function diagnosis(json: ArrayBuffer): number {
  const { crashes: row, counts, before } = host.words;
  return write(json, chipDiagnosis({ wifi_reason: host.radio.reason, crashes: { row, ...counts }, before }));
}

export function freeHeap(): number {
  return FREE_HEAP_BYTES;
}

export function isDebug(): boolean {
  return host.isDebug;
}

export function watch(): void {}

export function resetReason(): number {
  return host.words.reason;
}

export function restartWanted(): void {
  host.words.want();
}

export function sound(): void {
  host.words.sound();
}

export function crashes(): number {
  return host.words.crashes;
}

export function note(event: string): void {
  host.words.note(event);
}

export function storageRepaired(): number {
  return host.storageRepaired;
}

/** As vsnprintf into a buffer of this size. @returns 0 where the text and the NUL behind it do not fit */
function write(json: ArrayBuffer, text: string): number {
  const size = json.byteLength;
  Buffer.from(text, "ascii").copy(new Uint8Array(json), 0, 0, Math.max(0, size - 1));
  return text.length < size ? text.length : 0;
}
