/** From bytes to what is asked, and from what is told to bytes. */
import { expect, test } from "vitest";
import {
  COMMAND,
  ERROR,
  errorFrame,
  parseRequest,
  parseWiFi,
  resultFrame,
  STATE,
  stateFrame,
  textOf,
} from "../../modules/console/improv.js";
import "../moddable/support.js";
import { readFrame, textsOf } from "./frames.js";

const ascii = (text: string) => [...Buffer.from(text)];

// Summed up by hand.
test("frames are the specification's", () => {
  const provisioned = stateFrame(STATE.provisioned);
  expect([...provisioned]).toEqual([10, ...ascii("IMPROV"), 1, 1, 1, 4, 0xe4, 10]);
  expect([...errorFrame(ERROR.wifi)]).toEqual([10, ...ascii("IMPROV"), 1, 2, 1, 3, 0xe4, 10]);
  expect([...resultFrame(COMMAND.scan, [])]).toEqual([10, ...ascii("IMPROV"), 1, 4, 2, 4, 0, 0xe8, 10]);
});

test("results carry any text", () => {
  const texts = ["esp32-online", "", "网络 “Café” 🙂", "-48"];
  expect(readFrame(resultFrame(COMMAND.info, texts))).toEqual({ result: COMMAND.info, texts });
});

test("what does not fit is left out, whole", () => {
  const longest = "x".repeat(252);
  expect(readFrame(resultFrame(COMMAND.wifi, [longest]))).toEqual({ result: COMMAND.wifi, texts: [longest] });
  expect(readFrame(resultFrame(COMMAND.wifi, ["a", `${longest}x`, "b"]))).toEqual({
    ...{ result: COMMAND.wifi, texts: ["a"] },
  });
  expect(readFrame(resultFrame(COMMAND.wifi, ["x".repeat(100_000)]))).toEqual({ result: COMMAND.wifi, texts: [] });
});

test.each<[data: number[], request: ReturnType<typeof parseRequest>]>([
  [[4, 0], { command: 4, data: Uint8Array.of() }],
  [[0xe0, 2, 7, 8], { command: 0xe0, data: Uint8Array.of(7, 8) }],
  [[], undefined],
  [[4], undefined],
  [[4, 1], undefined],
  [[4, 0, 0], undefined],
  [[4, 255, 1], undefined],
])("%j is asked", (data, request) => {
  expect(parseRequest(Uint8Array.from(data))).toEqual(request);
});

test.each([
  ["Home", "a-wifi-password"],
  ["网络", "🙂".repeat(8)],
  ["", ""],
  ["x".repeat(32), "x".repeat(64)],
])("Wi-Fi settings %j %j", (ssid, password) => {
  expect(parseWiFi(textsOf(ssid, password))).toEqual({ ssid, password });
});

test.each<[what: string, data: number[]]>([
  ["nothing", []],
  ["a name alone", [1, 65]],
  ["a name that is cut off", [5, 65]],
  ["a password that is cut off", [1, 65, 3, 66]],
  ["more behind the password", [1, 65, 1, 66, 0]],
  ["a name that is no UTF-8", [1, 0xff, 1, 66]],
  ["a password that is no UTF-8", [1, 65, 1, 0xc3]],
])("no Wi-Fi settings: %s", (_what, data) => {
  expect(parseWiFi(Uint8Array.from(data))).toBeUndefined();
});

test("a text of a part of a buffer is that part's", () => {
  expect(textOf(Uint8Array.from(ascii("abcdef")).subarray(2, 4))).toBe("cd");
});
