/** The ports, in C (native/console.h). */
/// <reference path="../typings/native.d.ts" />

/** @returns false where a debugger has the ports, or there are none */
export function openPorts(this: void): boolean {
  return native("xs_console_open").call(this);
}

/** @returns false where `trace` has to */
export function writeText(this: void, text: string): boolean {
  return native("xs_console_write").call(this, text);
}

export function sendBytes(this: void, bytes: Uint8Array): void {
  native("xs_console_send").call(this, bytes);
}

/** @returns of the next request its data, which is empty where it was damaged; undefined where there is none */
export function nextRequest(this: void): ArrayBuffer | undefined {
  return native("xs_console_request").call(this);
}
