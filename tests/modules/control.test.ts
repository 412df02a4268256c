import { describe, expect, test } from "vitest";
import { answerControl } from "../../modules/session/control.js";

const present = { uptimeSeconds: 3600, mayCheckFirmware: true };
const answer = (message: unknown) =>
  answerControl(typeof message === "string" ? message : JSON.stringify(message), present);

test("ping", () => {
  expect(answer({ cmd: "ping", id: "a" })).toEqual({
    reply: { cmd: "ping", id: "a", ok: true, result: "pong", uptime: 3600 },
  });
});

test.each(["reboot", "portal", "update"])("%s is confirmed, and done", (cmd) => {
  expect(answer({ cmd, id: 7 })).toEqual({ reply: { cmd, id: 7, ok: true }, action: cmd });
});

test("an update that is asked for too soon is refused", () => {
  expect(answerControl('{"cmd":"update"}', { ...present, mayCheckFirmware: false })).toEqual({
    reply: { cmd: "update", ok: false, error: "too soon" },
  });
});

test("an answer that comes back is no command", () => {
  for (const cmd of ["ping", "reboot", "nonsense"]) expect(answer(answer({ cmd, id: 1 })!.reply), cmd).toBeUndefined();
});

test("xiaozhi's own form of reboot", () => {
  expect(answer({ type: "system", command: "reboot" })).toMatchObject({ action: "reboot" });
  expect(answer({ type: "other", command: "reboot" })).toBeUndefined();
});

test.each(["led", "", "REBOOT", "reboot ", "toString", "__proto__", "constructor"])(
  "%j is unknown, and nothing is done",
  (cmd) => {
    const answered = answer({ cmd })!;
    expect(answered.reply).toMatchObject({ cmd, ok: false, error: "unknown command" });
    expect(answered.action).toBeUndefined();
  },
);

test.each([
  ["nothing", ""],
  ["words", "reboot"],
  ["half of it", '{"cmd":"reb'],
  ["null", "null"],
  ["a number", "1"],
  ["a text", '"reboot"'],
  ["a list", '["reboot"]'],
  ["no command", {}],
  ["a command that is an object", { cmd: { cmd: "reboot" } }],
  ["a command that is a list", { cmd: ["reboot"] }],
  ["a command on the prototype", '{"__proto__":{"cmd":"reboot"}}'],
  ["a constructor's prototype", '{"constructor":{"prototype":{"cmd":"reboot"}}}'],
  ["another protocol", { type: "mcp", payload: { method: "initialize" } }],
  ["deep nesting", "[".repeat(5_000)],
  ["deep nesting beside a command", `{"a":${"[".repeat(300)}${"]".repeat(300)},"cmd":"reboot"}`],
])("%s is no command", (_label, payload) => {
  expect(answer(payload)).toBeUndefined();
});

test("prototypes stay as they were", () => {
  answer('{"__proto__":{"polluted":1},"cmd":"ping"}');
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
});

describe("what is repeated is bounded", () => {
  test("a long command and a long id", () => {
    const { reply } = answer({ cmd: "x".repeat(10_000), id: "y".repeat(10_000) })!;
    expect(JSON.stringify(reply).length).toBeLessThan(300);
  });

  test.each([
    ["an object", {}],
    ["null", null],
    ["true", true],
  ])("an id that is %s is left out", (_label, id) => {
    expect(answer({ cmd: "ping", id })!.reply).not.toHaveProperty("id");
  });

  test.each([[0], [-1.5], [""], ["ü"]])("an id %j comes back", (id) => {
    expect(answer({ cmd: "ping", id })!.reply).toMatchObject({ id });
  });
});
