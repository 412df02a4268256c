import { beforeEach, expect, test } from "vitest";
import Digital from "../../mocks/moddable/digital.js";
import { host } from "../../mocks/moddable/host.js";
import { Pins } from "../../mocks/moddable/pins.js";
import { pause, until } from "./support.js";

const input = { mode: Digital.InputPullUp } as const;
const bothEdges = Digital.Rising | Digital.Falling;

beforeEach(() => {
  host.pins = new Pins();
});

test("a pin with a pull-up is high until something pulls it down", () => {
  const pin = new Digital({ pin: 0, ...input });
  expect(pin.read()).toBe(1);
  host.pins.set(0, 0);
  expect(pin.read()).toBe(0);
  expect(() => pin.write(1)).toThrow("can't write input");
});

test("edges are told in a later turn, those of one turn together", async () => {
  let calls = 0;
  new Digital({ pin: 5, ...input, edge: bothEdges, onReadable: () => calls++ });
  host.pins.set(5, 0);
  host.pins.set(5, 1);
  expect(calls).toBe(0);
  await until(() => calls > 0);
  await pause(10);
  expect(calls).toBe(1);
});

test("only the edges that were asked for, and none once it is closed", async () => {
  let calls = 0;
  const pin = new Digital({ pin: 5, ...input, edge: Digital.Falling, onReadable: () => calls++ });
  host.pins.set(5, 0);
  await until(() => calls === 1);
  host.pins.set(5, 1);
  await pause(10);
  expect(calls).toBe(1);
  host.pins.set(5, 0);
  pin.close();
  await pause(10);
  expect(calls).toBe(1);
  expect(() => pin.read()).toThrow("closed");
  new Digital({ pin: 5, ...input });
});

test("a button's contacts bounce", async () => {
  let edges = 0;
  host.pins.watch(0, () => edges++);
  host.pins.press(0, 30);
  await pause(80);
  expect(edges).toBeGreaterThan(2);
  expect(host.pins.read(0)).toBe(1);
});

test.each([
  [{}, "invalid"],
  [{ pin: 22, ...input }, "invalid pin"],
  [{ pin: 49, ...input }, "invalid pin"],
  [{ pin: 0, mode: 7 }, "invalid mode"],
  [{ pin: 0, ...input, onReadable() {} }, "invalid edges"],
  [{ pin: 0, ...input, format: "buffer" }, "invalid format"],
])("%j: %s", (options, message) => {
  expect(() => new Digital(options as never)).toThrow(message);
});

test("a pin has one owner", () => {
  new Digital({ pin: 0, ...input });
  expect(() => new Digital({ pin: 0, ...input })).toThrow("in use");
});
