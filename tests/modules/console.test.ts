/** The console and the cable as the device's code has them. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { host } from "../../mocks/moddable/host.js";
import { SerialPort } from "../../mocks/moddable/serial.js";
import { openCable, say } from "../../modules/console/adapter.js";
import { COMMAND, parseRequest } from "../../modules/console/improv.js";
import { requestOf } from "../improv/frames.js";
import "../moddable/support.js";

let said = "";
const sent: Uint8Array[] = [];
beforeEach(() => {
  said = "";
  sent.length = 0;
  host.trace = (piece) => {
    said += piece;
  };
  host.send = (bytes) => void sent.push(bytes);
  host.serial = new SerialPort();
});
afterEach(() => {
  host.isDebug = false;
});

test("a release speaks by C, a build for development by the debugger's trace", () => {
  say("a line");
  expect(said).toBe("a line\r\n");
  host.isDebug = true;
  say("another");
  expect(said).toBe("a line\r\nanother\n");
});

test("a build for development has no cable", () => {
  host.isDebug = true;
  expect(openCable()).toBeUndefined();
});

test("requests come one by one, among whatever else comes; a damaged one is empty", () => {
  const cable = openCable()!;
  expect(cable.request()).toBeUndefined();
  const damaged = requestOf(COMMAND.info);
  damaged[11]! ^= 1;
  const bytes = Buffer.concat([Buffer.from("hello\n"), requestOf(COMMAND.wifi, Uint8Array.of(1, 2)), damaged]);
  host.serial.receive(bytes);
  expect(parseRequest(cable.request()!)).toEqual({ command: COMMAND.wifi, data: Uint8Array.of(1, 2) });
  expect(cable.request()).toEqual(new Uint8Array());
  expect(cable.request()).toBeUndefined();
});

test("of a part of a buffer that part is sent", () => {
  openCable()!.send(Uint8Array.of(1, 2, 3, 4).subarray(1, 3));
  expect(sent).toEqual([Uint8Array.of(2, 3)]);
});
