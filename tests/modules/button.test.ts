import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { host } from "../../mocks/moddable/host.js";
import { Pins } from "../../mocks/moddable/pins.js";
import { createButton } from "../../modules/button/adapter.js";
import { Press, type Wish } from "../../modules/button/press.js";
import { pause, until } from "../moddable/support.js";
import { fasterClock, faults } from "./net-support.js";

describe("the rule", () => {
  /** Levels with the millisecond from which they hold, looked at every 50 ms and at each change; `up` from 0 on first. */
  function wishes(levels: [fromMs: number, isDown: boolean][], untilMs: number, startsDown = false): string[] {
    const press = new Press();
    const said: string[] = [];
    let isDown = startsDown;
    let changes = levels;
    for (let nowMs = 0; nowMs <= untilMs; nowMs++) {
      const change = changes[0]?.[0] === nowMs ? changes[0] : undefined;
      if (change) {
        isDown = change[1];
        changes = changes.slice(1);
      }
      if (!change && (press.isResting || nowMs % 50 !== 0)) continue;
      const wish = press.sample(isDown, nowMs);
      if (wish) said.push(`${wish} ${nowMs}`);
    }
    return said;
  }
  const held = (pressMs: number): [number, boolean][] => [
    [1000, true],
    [1000 + pressMs, false],
  ];

  test.each([10, 300, 2_990])("a press of %i ms means nothing", (pressMs) => {
    expect(wishes(held(pressMs), 20_000)).toEqual([]);
  });

  test.each([3_000, 5_000, 9_900])("of %i ms: the portal, when it is let go", (pressMs) => {
    const [said, ...more] = wishes(held(pressMs), 20_000);
    expect(more).toEqual([]);
    const [wish, atMs] = said!.split(" ");
    expect(wish).toBe("portal");
    expect(Number(atMs)).toBeGreaterThan(1000 + pressMs);
    expect(Number(atMs)).toBeLessThanOrEqual(1000 + pressMs + 100);
  });

  test.each([10_100, 60_000])("of %i ms: the reset, after ten seconds, and nothing else", (pressMs) => {
    expect(wishes(held(pressMs), 90_000)).toEqual(["reset 11000"]);
  });

  test("bouncing contacts are one press", () => {
    const bounces = (fromMs: number, isDown: boolean): [number, boolean][] =>
      [0, 3, 5, 9, 14].map((delayMs, index) => [fromMs + delayMs, (index % 2 === 0) === isDown]);
    const said = wishes([...bounces(1000, true), [3000, false], [3010, true], ...bounces(5000, false)], 20_000);
    expect(said.map((wish) => wish.split(" ")[0])).toEqual(["portal"]);
  });

  test("a reset is one, whatever the contacts do while the button is still held", () => {
    const shaky: [number, boolean][] = [
      [1000, true],
      [16_000, false],
      [16_010, true],
      [40_000, false],
    ];
    expect(wishes(shaky, 60_000)).toEqual(["reset 11000"]);
  });

  test("many short presses do not add up", () => {
    const taps = Array.from({ length: 40 }, (_, tap): [number, boolean] => [1000 + tap * 200, tap % 2 === 0]);
    expect(wishes(taps, 20_000)).toEqual([]);
  });

  test("a pin that is stuck from the boot on does nothing, until it was let go once", () => {
    expect(wishes([], 100_000, true)).toEqual([]);
    expect(wishes([[50_000, false]], 100_000, true)).toEqual([]);
    expect(
      wishes(
        [
          [50_000, false],
          [60_000, true],
        ],
        100_000,
        true,
      ),
    ).toEqual(["reset 70000"]);
  });

  test("one press after the other", () => {
    const twice: [number, boolean][] = [...held(4_000), [8_000, true], [13_000, false], [20_000, true]];
    expect(wishes(twice, 40_000).map((wish) => wish.split(" ")[0])).toEqual(["portal", "portal", "reset"]);
  });

  test("nobody watched in time: what was not seen to last is no reset", () => {
    const press = new Press();
    for (const atMs of [0, 50]) press.sample(false, atMs);
    expect(press.sample(true, 1000)).toBeUndefined();
    expect(press.sample(true, 1050)).toBeUndefined();
    expect(press.sample(false, 14_000)).toBeUndefined();
    expect(press.sample(false, 14_050)).toBe("portal");
    expect(press.isResting).toBe(true);
  });
});

describe("the button at its pin", () => {
  /** Ten seconds become two; the contacts' bounces do not get shorter. */
  const FASTER = 5;
  let wishes: Wish[];
  let looks: number;

  beforeEach(() => {
    host.pins = new Pins(fasterClock(1).after);
    host.config.buttonPin = 0;
    wishes = [];
    looks = 0;
  });
  afterEach(() => {
    delete host.config.buttonPin;
  });

  const connect = () => {
    const clock = fasterClock(FASTER);
    const counting = <T>(delayMs: number, task: (target: T) => void, target?: T) => {
      looks++;
      return clock.after(delayMs, task, target as T);
    };
    createButton({ ...clock, after: counting }).onWish = (wish) => wishes.push(wish);
  };

  test("let go after a long press: the portal", async () => {
    connect();
    await pause(50);
    host.pins.press(0, 4_000 / FASTER);
    await until(() => wishes.length > 0);
    expect([wishes, host.pins.read(0)]).toEqual([["portal"], 1]);
  });

  test("held longer: the reset, while it is still held", async () => {
    connect();
    await pause(50);
    host.pins.press(0, 11_000 / FASTER);
    await pause(10_500 / FASTER);
    expect([wishes, host.pins.read(0)]).toEqual([["reset"], 0]);
    await pause(1_500 / FASTER);
    expect([wishes, host.pins.read(0)]).toEqual([["reset"], 1]);
  });

  test("a tap is none; and nobody looks while nobody presses", async () => {
    connect();
    await pause(50);
    host.pins.press(0, 100);
    await pause(300);
    const looked = looks;
    await pause(300);
    expect([wishes, looks - looked]).toEqual([[], 0]);
    expect(looked).toBeGreaterThan(3);
    expect(looked).toBeLessThan(30); // bounces do not multiply them
  });

  test("stuck from the boot on: nothing, and no look either", async () => {
    host.pins.set(0, 0);
    connect();
    await pause(11_000 / FASTER);
    expect(wishes).toEqual([]);
    expect(looks).toBeLessThan(5);
  });

  test("what its listener throws is a fault, and the next press counts", async () => {
    const button = createButton(fasterClock(FASTER));
    let calls = 0;
    button.onWish = () => {
      calls++;
      throw new Error("portal");
    };
    await pause(50);
    for (let press = 1; press <= 2; press++) {
      host.pins.press(0, 4_000 / FASTER);
      await until(() => calls === press);
      await pause(50);
    }
    expect(faults).toEqual(Array(2).fill("fault in timer: Error: portal"));
  });

  test("no pin, or one that the chip does not have: a button that nobody can press", async () => {
    host.config.buttonPin = -1;
    connect();
    expect([looks, faults]).toEqual([0, []]);
    host.config.buttonPin = 22;
    connect();
    expect([looks, faults]).toEqual([0, ["fault in button: Error: invalid pin"]]);
  });
});
