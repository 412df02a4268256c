/**
 * The globals that XS has and Node has not: `trace`, `native`, `System`, `ArrayBuffer.fromString`, `String.fromArrayBuffer`,
 * `BigInt.fromArrayBuffer`.
 * `System.restart` is `embedded:io`'s (modules/io/system/system.js).
 */
import { bytesOf, numberOf, toArrayBuffer, xsBytes } from "./buffers.js";
import { host } from "./host.js";
import Timer from "./timer.js";

const utf8 = new TextEncoder();
const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function fromString(...texts: string[]): ArrayBuffer {
  if (texts.length === 0) throw new TypeError("ArrayBuffer.fromString: no argument");
  const text = String(texts[0]);
  // A copy: the encoder may give a view of a longer buffer.
  return toArrayBuffer(/\p{Surrogate}/u.test(text) ? xsBytes(text) : utf8.encode(text));
}

/** @throws TypeError for bytes that are not UTF-8 and for anything but an ArrayBuffer (xs/sources/xsString.c) */
function fromArrayBuffer(buffer: ArrayBufferLike): string {
  if (ArrayBuffer.isView(buffer)) throw new TypeError("String.fromArrayBuffer: not an ArrayBuffer instance");
  const bytes = bytesOf(buffer);
  try {
    return strictUtf8.decode(bytes);
  } catch {
    throw new TypeError("String.fromArrayBuffer: invalid UTF-8");
  }
}

/** For the debugger alone: in a release it is nothing. */
function trace(...pieces: unknown[]): void {
  if (!host.isDebug) return;
  for (const piece of pieces) host.trace(String(piece));
}

/** What xsc makes of `native("…")`: the C functions of modules/base/timer/mc/timer.c. */
const natives: Readonly<Record<string, (...values: never[]) => unknown>> = {
  xs_timer_set: Timer.set,
  xs_timer_repeat: Timer.repeat,
  xs_timer_schedule: Timer.schedule,
  xs_timer_clear: Timer.clear,
  xs_timer_delay: Timer.delay,
};

function define(target: object, name: string, value: unknown): void {
  Object.defineProperty(target, name, { value, configurable: true, writable: true, enumerable: false });
}

/** Installs the globals once; a second call changes nothing. */
export function installGlobals(): void {
  define(ArrayBuffer, "fromString", fromString);
  define(String, "fromArrayBuffer", fromArrayBuffer);
  define(BigInt, "fromArrayBuffer", numberOf);
  define(globalThis, "trace", trace);
  define(globalThis, "native", (name: string) => natives[name]);
  define(globalThis, "System", { restart: () => host.restart() });
}
