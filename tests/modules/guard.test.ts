import Timer from "timer";
import { describe, expect, test } from "vitest";
import { guard, guarded, reportFault } from "../../modules/base/guard.js";
import { pause } from "../moddable/support.js";
import { faults } from "./net-support.js";

const broken = (): never => {
  throw new RangeError("broken");
};

describe("what is guarded", () => {
  test("gets its arguments", () => {
    const seen: number[] = [];
    guarded("test", (...values: number[]) => void seen.push(...values))(1, 2);
    expect([seen, faults]).toEqual([[1, 2], []]);
  });

  test("gets its target", () => {
    const target = { count: 1 };
    guard("test", (given) => void given.count++, target);
    expect([target, faults]).toEqual([{ count: 2 }, []]);
  });

  test("reports what it throws, with the place, and recovers", () => {
    const recovered: unknown[] = [];
    guarded("place", broken, (error) => recovered.push(error))();
    expect(faults).toEqual(["fault in place: RangeError: broken"]);
    expect(recovered).toEqual([new RangeError("broken")]);
  });

  test("recovers with its target", () => {
    const target: { hurt?: unknown } = {};
    guard("place", broken, target, (given, error) => {
      given.hurt = error;
    });
    expect(target).toEqual({ hurt: new RangeError("broken") });
    expect(faults).toEqual(["fault in place: RangeError: broken"]);
  });

  test("survives a recovery that throws, too", () => {
    guarded("place", broken, broken)();
    expect(faults).toHaveLength(2);
    guard("place", broken, undefined, broken);
    expect(faults).toHaveLength(4);
  });

  test.each([["text"], [undefined], [null], [7]])("survives that %j is thrown", (thrown) => {
    guarded("place", () => {
      throw thrown;
    })();
    expect(faults).toEqual([`fault in place: ${thrown}`]);
  });
});

test("a fault is a line", () => {
  reportFault("place", new Error("why"));
  expect(faults).toEqual(["fault in place: Error: why"]);
});

test("a timer that throws is a fault; a repeating one goes on", async () => {
  let calls = 0;
  Timer.set(broken, 0);
  const timer = Timer.repeat(() => {
    calls++;
    broken();
  }, 2);
  await pause(40);
  Timer.clear(timer);
  expect(calls).toBeGreaterThan(2);
  expect(faults.length).toBe(calls + 1);
});
