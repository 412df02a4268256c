import { beforeEach, describe, expect, test, vi } from "vitest";
import { type Commands, done, type Outcome, refused } from "../../agent/application/application.js";
import type { CommandContext } from "../../agent/session/commands.js";
import { Control } from "../../agent/session/control.js";
import { installGlobals } from "../../mocks/moddable/globals.js";
import { NameBudget } from "../../modules/data/names.js";
import { VirtualClock } from "../scripted/clock.js";

installGlobals();

type Reply = Record<string, unknown>;

let clock: VirtualClock;
let replies: Reply[];
let executed: Reply[];
let finish: (outcome: Outcome) => void;
let fail: (error: unknown) => void;

const commands: Commands = {
  greet: { description: "Says hello.", run: () => done("hello") },
  led(request) {
    executed.push(request);
    return request.action === "on" ? done({ on: true }) : refused("action: on or off");
  },
  slow: () =>
    new Promise<Outcome>((resolve, reject) => {
      finish = resolve;
      fail = reject;
    }),
  broken() {
    throw new Error("a fault of the application");
  },
  reboot: () => refused("the agent's own goes first"),
};
let control: Control;
/** Of the connection's part the agent's own commands here take `endWith` alone. */
let endings: unknown[];
let names: NameBudget;

beforeEach(() => {
  clock = new VirtualClock();
  replies = [];
  executed = [];
  endings = [];
  names = new NameBudget();
  const device = { clock, names, application: { commands } };
  control = new Control({ device, reply: (reply) => replies.push(reply as Reply) });
});

const context = { endWith: (action: unknown) => void endings.push(action) } as unknown as CommandContext;
const receive = (message: unknown) =>
  control.receive(typeof message === "string" ? message : JSON.stringify(message), context);
const answer = (message: unknown): Reply | undefined => {
  expect(receive(message)).toBe(true);
  return replies.pop();
};
const settled = () => new Promise((done) => setImmediate(done));

test("a command's result and the request's id come back", () => {
  expect(answer({ cmd: "greet", id: "a" })).toEqual({ cmd: "greet", id: "a", ok: true, result: "hello" });
  expect(answer({ cmd: "led", id: 7, action: "on" })).toEqual({ cmd: "led", id: 7, ok: true, result: { on: true } });
  expect(executed).toEqual([{ cmd: "led", id: 7, action: "on" }]);
});

test("what a command refuses comes back with the reason", () => {
  expect(answer({ cmd: "led", action: "sideways" })).toEqual({ cmd: "led", ok: false, error: "action: on or off" });
});

test("a fault in a command is answered and ends nothing", () => {
  expect(answer({ cmd: "broken", id: 1 })).toEqual({ cmd: "broken", id: 1, ok: false, error: "fault" });
  expect(answer({ cmd: "greet" })).toMatchObject({ ok: true });
});

describe("a command that takes its time", () => {
  test("is answered when it is done", async () => {
    expect(answer({ cmd: "slow", id: 3 })).toBeUndefined();
    finish(done("late"));
    await settled();
    expect(replies).toEqual([{ cmd: "slow", id: 3, ok: true, result: "late" }]);
  });

  test("and fails", async () => {
    receive({ cmd: "slow", id: 3 });
    fail(new Error("no"));
    await settled();
    expect(replies).toEqual([{ cmd: "slow", id: 3, ok: false, error: "fault" }]);
  });

  test("and never ends: answered after 30 seconds, once", async () => {
    receive({ cmd: "slow" });
    expect(clock.step()).toBe(true);
    expect(clock.ticksMs()).toBe(30_000);
    expect(replies).toEqual([{ cmd: "slow", ok: false, error: "timeout" }]);
    finish(done());
    await settled();
    expect(replies).toHaveLength(1);
  });

  test("four at a time, and room again after one has ended; no timer is left", async () => {
    for (let count = 0; count < 4; count++) receive({ cmd: "slow" });
    expect(answer({ cmd: "slow", id: 5 })).toEqual({ cmd: "slow", id: 5, ok: false, error: "busy" });
    finish(done());
    await settled();
    replies.pop();
    receive({ cmd: "slow" });
    expect(replies).toEqual([]);
    while (clock.step());
    expect(replies).toHaveLength(4);
  });
});

test("an answer that comes back is no command", () => {
  for (const cmd of ["greet", "reboot", "nonsense"]) expect(receive(answer({ cmd, id: 1 })), cmd).toBe(false);
});

test("xiaozhi's own form of reboot", () => {
  expect(answer({ type: "system", command: "reboot" })).toMatchObject({ cmd: "reboot", ok: true });
  expect(endings).toEqual([{ kind: "reboot" }]);
  expect(receive({ type: "other", command: "reboot" })).toBe(false);
});

test.each(["", "REBOOT", "reboot ", "toString", "__proto__", "constructor"])("%j is unknown", (cmd) => {
  expect(answer({ cmd })).toEqual({ cmd, ok: false, error: "unknown command" });
});

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
  expect(receive(payload)).toBe(false);
  expect([replies, endings]).toEqual([[], []]);
});

test("prototypes stay as they were", () => {
  receive('{"__proto__":{"polluted":1},"cmd":"greet"}');
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
});

describe("what is repeated is bounded", () => {
  test("a long command and a long id", () => {
    const reply = answer({ cmd: "x".repeat(10_000), id: "y".repeat(10_000) });
    expect(JSON.stringify(reply).length).toBeLessThan(300);
  });

  test.each([
    ["an object", {}],
    ["null", null],
    ["true", true],
  ])("an id that is %s is left out", (_label, id) => {
    expect(answer({ cmd: "greet", id })).not.toHaveProperty("id");
  });

  test.each([
    ["12345678901234567890", "12345678901234567890"],
    ["-9007199254740993", "-9007199254740993"],
    ["1e400", "1e400"],
    ["9007199254740991", 9007199254740991],
  ])("an id of more digits than a number has comes back as it came: %s", (written, id) => {
    expect(answer(`{"cmd":"greet","args":{"id":5,"name":"\\"id\\":6"},"id" : ${written}}`)).toMatchObject({ id });
  });

  test.each([[0], [-1.5], [""], ["ü"]])("an id %j comes back", (id) => {
    expect(answer({ cmd: "greet", id })).toMatchObject({ id });
  });
});

describe("names of a message's members", () => {
  test("are known to the command's description at any depth, and others are out of reach", () => {
    const run = (request: object) => done(Object.keys(request).sort());
    const described = { run, properties: { place: { type: "object", properties: { floor: { type: "number" } } } } };
    control = new Control({
      device: { clock, names, application: { commands: { described } } },
      reply: (reply) => replies.push(reply as Reply),
    });
    const place = { floor: 2, x1: 1 };
    expect(answer({ cmd: "described", place, x2: 1 })).toMatchObject({ result: ["", "cmd", "place"] });
    for (let index = 0; index < 500; index++) receive({ cmd: "described", [`n${index}`]: 0 });
    expect(names.isSpent).toBe(false);
  });

  test("are counted where the command describes none; when there is no room the device says that it restarts", () => {
    let spent = 0;
    names.onSpent = () => spent++;
    // "action" is the first one.
    for (let index = 1; index < 96; index++)
      expect(answer({ cmd: "led", action: "on", [`n${index}`]: 0 })).toMatchObject({ ok: true });
    expect(spent).toBe(0);
    expect(answer({ cmd: "led", action: "on", once: 0 })).toMatchObject({
      error: "the device restarts: too many names",
    });
    expect(answer({ cmd: "led", action: "on", again: 0 })).toMatchObject({ ok: false });
    expect(spent).toBe(1);
  });

  test("cost nothing in messages for the agent itself, and in those for nobody", () => {
    const parse = vi.spyOn(JSON, "parse");
    for (let index = 0; index < 200; index++) {
      receive({ cmd: "ping", [`p${index}`]: { [`q${index}`]: 1 } });
      receive({ cmd: `c${index}`, [`r${index}`]: 1 });
      receive({ type: `t${index}`, [`s${index}`]: 1 });
    }
    for (const [text] of parse.mock.calls) expect(text).not.toMatch(/"[p-s]\d+":/);
    parse.mockRestore();
    expect(names.isSpent).toBe(false);
  });
});
