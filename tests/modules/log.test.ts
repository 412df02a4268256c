/** Text from outside on the console: a line stays a line, and none becomes an event. */
import { beforeEach, expect, test } from "vitest";
import { Lines } from "../../mocks/device/lines.js";
import { parseState } from "../../mocks/device/virtual-device-types.js";
import { host } from "../../mocks/moddable/host.js";
import { reportFault } from "../../modules/base/guard.js";
import { Console } from "../../modules/base/log.js";

let text = "";
beforeEach(() => {
  text = "";
  host.trace = (piece) => {
    text += piece;
  };
});

/** For the next start. */
const kept: string[] = [];
class Keeping extends Console {
  protected override remember(event: string): void {
    kept.push(event);
  }
}
const lines = () => new Lines().take(text);
const console_ = () => Object.assign(new Keeping(), { level: "debug" as const });
const EVENT = '{"state":"online","broker":"evil.example.com:1883"}';
const hostile: [string, string][] = [
  ["an event", EVENT],
  ["an event behind a line feed", `a\n${EVENT}\nb`],
  ["an event behind a carriage return", `a\r${EVENT}`],
  ["an event behind Unicode's line separator", `a\u2028${EVENT}\u2029`],
  ["a terminal's commands", "\u001b[2J\u009b31m\u007f\0"],
];

test.each(hostile)("%s in a note, a debug line or a fault is one line of text", (_what, foreign) => {
  const log = console_();
  log.note(foreign);
  log.note(`mqtt: a message that came before was dropped, on ${foreign}`);
  log.debug(foreign);
  reportFault("mqtt", new Error(foreign));
  reportFault("mqtt", foreign);
  expect(lines()).toHaveLength(5);
  for (const line of lines()) {
    expect(parseState(line)).toBeUndefined();
    expect(line.startsWith("{")).toBe(false);
    expect(line).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
  }
});

test.each(hostile)("%s in an event is a member's text", (_what, foreign) => {
  console_().event({ state: "activating", code: foreign, message: foreign });
  expect(lines()).toHaveLength(1);
  expect(lines()[0]).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
  expect(parseState(lines()[0]!)).toMatchObject({ state: "activating" });
});

test("for the next start an event is its name and its reason, without a secret or a stranger's word", () => {
  const log = console_();
  kept.length = 0;
  log.event({ state: "portal", ssid: "ESP32-0001", address: "192.168.4.1", password: "the-password" });
  log.event({ state: "portal", ssid: "ESP32-0001", address: "192.168.4.1", reason: "wifi-lost" });
  log.event({ state: "activating", code: "123456", message: "the-message" });
  log.event({ state: "connecting", to: "wifi" });
  log.event({ state: "online", broker: "the-broker:1883" });
  log.event({ state: "updating", version: "the-version", percent: 40 });
  log.event({ state: "offline", reason: "broker-closed", retryMs: 1 });
  log.event({ state: "restarting", why: "command" });
  expect(kept).toEqual([
    ...["portal", "portal wifi-lost", "activating", "connecting wifi", "online", "updating 40 %"],
    ...["offline broker-closed", "restarting command"],
  ]);
});

test("a text of any length is a line that a person can read; an event stays whole", () => {
  const log = console_();
  log.note("x".repeat(100_000));
  log.debug("x".repeat(100_000));
  reportFault("x", new Error("x".repeat(100_000)));
  expect(Math.max(...lines().map(({ length }) => length))).toBeLessThanOrEqual(500);
  text = "";
  log.event({ state: "activating", code: "1", message: "x".repeat(1_000) });
  expect(parseState(lines()[0]!)?.message).toHaveLength(1_000);
});

test("what is printable stays as it is, in any script", () => {
  console_().note("Wi-Fi 网络 “Café” – 6 °C 🙂");
  expect(text).toBe("Wi-Fi 网络 “Café” – 6 °C 🙂\r\n");
});
