/** What the device answers to xiaozhi's gateway, and what it says there. */

import { beforeEach, describe, expect, test } from "vitest";
import { type Application, type Commands, done, refused } from "../../agent/application/application.js";
import { OWN_COMMANDS } from "../../agent/session/commands.js";
import { Control } from "../../agent/session/control.js";
import { Gateway, type GatewayWatch } from "../../agent/session/gateway.js";
import { installGlobals } from "../../mocks/moddable/globals.js";
import { NameBudget } from "../../modules/data/names.js";
import { MAX_PACKET_BYTES, type Published } from "../../modules/mqtt/mqtt.js";
import { VirtualClock } from "../scripted/clock.js";

installGlobals();

type Answer = { id: unknown; result?: Record<string, unknown>; error?: { code: number; message: string } };

let clock: VirtualClock;
let sent: string[];
let room: Published;
let told: object[];
let listeners: number;
let application: Application;
let gateway: Gateway;

const commands: Commands = {
  greet: () => done("hello"),
  led: {
    description: "Switches the lamp.",
    properties: { action: { type: "string", enum: ["on", "off"] } },
    required: ["action"],
    run: ({ action, cmd }) => (action === "on" ? done({ action, cmd }) : refused("action: on or off")),
  },
  slow: () => Promise.resolve(done()),
  broken() {
    throw new Error("a fault of the application");
  },
  cyclic() {
    const result: { self?: unknown } = {};
    result.self = result;
    return done(result);
  },
  huge: () => done("x".repeat(2_000)),
};

function open(more: Application = {}): void {
  application = { commands, onMessage: (message) => told.push(message), ...more };
  const device = {
    clock,
    names: new NameBudget(),
    application,
    log: { note() {} },
    build: { productId: "lamp", firmwareVersion: "1.2.3" },
  };
  const control = new Control({ device: device as never, reply: () => {} });
  const watch = {
    device,
    session: { control },
    send(payload: string) {
      if (room !== "later") sent.push(payload);
      return room;
    },
    onListener: () => listeners++,
  };
  gateway = new Gateway(watch as unknown as GatewayWatch);
}

beforeEach(() => {
  clock = new VirtualClock();
  sent = [];
  room = { packetId: 0 };
  told = [];
  listeners = 0;
  open();
});

const hear = (message: unknown) => gateway.hear(typeof message === "string" ? message : JSON.stringify(message));
/** @returns what was answered, in turns of its own */
function answers(payload: object | string): Answer[] {
  hear(typeof payload === "string" ? `{"type":"mcp","payload":${payload}}` : { type: "mcp", payload });
  clock.runDue();
  return sent.splice(0).map((text) => {
    expect(new TextEncoder().encode(text).length).toBeLessThan(MAX_PACKET_BYTES - 30);
    const { type, payload: answer } = JSON.parse(text);
    expect([type, answer.jsonrpc]).toEqual(["mcp", "2.0"]);
    return answer as Answer;
  });
}
const request = (method: string, params?: unknown) => answers({ jsonrpc: "2.0", id: 7, method, params })[0]!;
const call = (name: string, args?: object) => request("tools/call", { name, arguments: args });

test("initialize says what the reference firmware says", () => {
  expect(request("initialize", { protocolVersion: "2024-11-05", capabilities: {} })).toEqual({
    ...{ jsonrpc: "2.0", id: 7 },
    result: {
      protocolVersion: "2024-11-05",
      capabilities: { tools: {} },
      serverInfo: { name: "lamp", version: "1.2.3" },
    },
  });
  expect(request("ping").result).toEqual({});
});

interface Tool {
  name: string;
  description: string;
  inputSchema: { type: string; properties: object; required?: string[] };
  annotations?: object;
}

/** All pages. */
function listed(): Tool[] {
  const tools: Tool[] = [];
  for (let cursor: string | undefined, pages = 0; pages < 60; pages++) {
    const { result } = request("tools/list", { cursor });
    tools.push(...(result!.tools as Tool[]));
    cursor = result!.nextCursor as string | undefined;
    if (cursor === undefined) return tools;
  }
  throw new Error("it does not end");
}

describe("tools/list", () => {
  test("has the agent's commands and the application's, page by page", () => {
    const tools = listed();
    const own = "ping status diagnose reboot portal reprovision rotate update set log-level".split(" ");
    expect(tools.map(({ name }) => name)).toEqual([...own, ...Object.keys(commands)]);
    expect(tools.find(({ name }) => name === "led")).toEqual({
      ...{ name: "led", description: "Switches the lamp." },
      inputSchema: {
        type: "object",
        properties: { action: { type: "string", enum: ["on", "off"] } },
        required: ["action"],
      },
    });
    expect(tools.find(({ name }) => name === "greet")).toEqual({
      ...{ name: "greet", description: "", inputSchema: { type: "object", properties: {} } },
    });
    for (const { name, description, inputSchema, annotations } of tools.slice(0, own.length)) {
      expect(description, name).not.toBe("");
      expect(inputSchema.type).toBe("object");
      // Nothing that takes the device away is for a language model to use of its own accord.
      const audience = ["ping", "status", "diagnose"].includes(name) ? undefined : { audience: ["user"] };
      expect(annotations, name).toEqual(audience);
    }
  });

  test("has the name alone of a tool that says too much, or nothing that is JSON", () => {
    const cyclic: Record<string, object> = {};
    cyclic.self = cyclic;
    const run = () => done();
    const wordy = { run, description: "长".repeat(500) };
    open({ commands: { wordy, cyclic: { run, properties: cyclic }, ping: run } });
    const [one, two, ...more] = listed().slice(OWN_COMMANDS.length);
    expect(one).toEqual({ name: "wordy", description: "", inputSchema: { type: "object", properties: {} } });
    expect(two).toMatchObject({ name: "cyclic", description: "" });
    expect(more).toEqual([]);
  });

  test("knows no other cursor", () => {
    expect(request("tools/list", { cursor: "nothing" }).error).toMatchObject({ code: -32_602 });
    expect(request("tools/list", { cursor: "" }).result).toHaveProperty("tools");
    expect(request("tools/list").result).toHaveProperty("tools");
  });
});

describe("tools/call", () => {
  const content = (text: string) => [{ type: "text", text }];

  test("answers with the command's result", () => {
    expect(call("greet").result).toEqual({ content: content("hello"), isError: false });
    const on = '{"action":"on","cmd":"led"}';
    expect(call("led", { action: "on", cmd: "reboot" }).result).toEqual({ content: content(on), isError: false });
  });

  test("and with what it refuses", () => {
    const error = "action: on or off";
    expect(call("led").result).toEqual({ content: content(error), isError: true, error });
    expect(call("broken").result).toMatchObject({ isError: true, error: "fault" });
  });

  test("waits for one that takes its time", async () => {
    expect(answers({ jsonrpc: "2.0", id: 8, method: "tools/call", params: { name: "slow" } })).toEqual([]);
    await new Promise((done) => setImmediate(done));
    clock.runDue();
    expect(JSON.parse(sent[0]!).payload).toMatchObject({ id: 8, result: { content: content("true") } });
  });

  test.each([
    ["a result that is no JSON", "cyclic", {}, -32_603],
    ["a result that is too large", "huge", {}, -32_603],
    ["another tool", "nothing", {}, -32_602],
    ["a name of the prototype", "constructor", {}, -32_602],
    ["arguments that are a list", "greet", [], -32_602],
  ])("%s is an error", (_label, name, args, code) => {
    expect(call(name, args).error).toMatchObject({ code });
  });
});

test.each(["somersault", "resources/list", "tools/", "__proto__", ""])("method %j is answered at once", (method) => {
  expect(request(method).error).toEqual({ code: -32_601, message: "no such method" });
});

describe("a request's id", () => {
  test.each(["0", "-1", "1.0", "1e3", "12345678901234567890", "1e999", '"a"', '""', '"\\u00fc \\""'])(
    "%s comes back as it came",
    (id) => {
      hear(`{"type":"mcp","payload":{"jsonrpc":"2.0","id":${id},"method":"ping","params":{"id":3}}}`);
      clock.runDue();
      const written = id.startsWith('"') ? JSON.stringify(JSON.parse(id)) : id;
      expect(sent).toEqual([`{"type":"mcp","payload":{"jsonrpc":"2.0","id":${written},"result":{}}}`]);
    },
  );

  test.each(["null", "{}", "[1]", "true"])("%s is an error", (id) => {
    expect(answers(`{"jsonrpc":"2.0","id":${id},"method":"ping"}`)).toMatchObject([
      { id: null, error: { code: -32_600 } },
    ]);
  });

  test.each([
    ["a notification", { jsonrpc: "2.0", method: "notifications/initialized" }],
    ["an answer", { jsonrpc: "2.0", id: 1, result: {} }],
    ["an error", { jsonrpc: "2.0", id: 1, error: {} }],
    ["a list", []],
    ["nothing", null],
  ])("where there is none, or no method, nothing is answered: %s", (_label, payload) => {
    expect(answers(payload as object)).toEqual([]);
  });
});

test("answers wait for room, in order, and not without end", () => {
  room = "later";
  for (let id = 0; id < 20; id++) answers({ jsonrpc: "2.0", id, method: "ping" });
  room = { packetId: 0 };
  gateway.onWritable();
  clock.runDue();
  expect(sent.map((text) => JSON.parse(text).payload.id)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
});

describe("what else the gateway says", () => {
  test.each(["hello", "goodbye", "alert", "system", "tts", "error"])("%s is told to the application", (type) => {
    const message = { type, status: "s", message: "m" };
    expect(hear(message)).toBe(true);
    expect(told).toEqual([message]);
    expect(sent).toEqual([]);
  });

  test("a fault of the application's stays its own; without one nothing happens", () => {
    open({
      onMessage() {
        throw new Error("a fault of the application");
      },
    });
    expect(hear({ type: "alert" })).toBe(true);
    open({ onMessage: undefined as never });
    expect(hear({ type: "alert" })).toBe(true);
  });

  test.each([{}, { cmd: "greet" }, { type: 1 }, { type: "x", cmd: "greet" }, "null", "{", "[]"])(
    "%j is none of its messages",
    (message) => {
      expect(hear(message)).toBe(false);
      expect(told).toEqual([]);
    },
  );
});

describe("what the device says by itself", () => {
  const data = '{"t":1}';

  test("goes while a server listens, as a notification", () => {
    expect(gateway.takes("data", data)).toBe(false);
    hear({ type: "hello", session_id: "s1" });
    expect([gateway.takes("data", data), listeners]).toEqual([true, 1]);
    expect(JSON.parse(gateway.dressed("data", data))).toEqual({
      ...{ session_id: "s1", type: "mcp" },
      payload: { jsonrpc: "2.0", method: "notifications/data", params: { t: 1 } },
    });
    hear({ type: "goodbye", session_id: "another" });
    expect(gateway.takes("data", data)).toBe(true);
    hear({ type: "goodbye", session_id: "s1" });
    expect(gateway.takes("data", data)).toBe(false);
  });

  test("answers to commands go at any time, and what is of the gateway's own kind as it is", () => {
    expect(gateway.takes("status", data)).toBe(true);
    expect(gateway.takes("data", undefined)).toBe(false);
    const hello = '{"type":"hello","version":3}';
    expect([gateway.takes("data", hello), gateway.dressed("data", hello)]).toEqual([true, hello]);
    // A sensor's kind is none of it.
    expect(gateway.takes("data", '{"type":"DHT11"}')).toBe(false);
  });
});
