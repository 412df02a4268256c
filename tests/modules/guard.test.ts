import Timer from "timer";
import { describe, expect, test } from "vitest";
import { guarded, reportFault } from "../../modules/base/guard.js";
import { pause } from "../moddable/support.js";
import { faults } from "./net-support.js";

const broken = (): never => {
  throw new RangeError("broken");
};

describe("what is guarded", () => {
  test("gets its arguments and its this", () => {
    const seen: unknown[] = [];
    const target = {
      method: guarded("test", function (this: unknown, ...values: number[]) {
        seen.push(this, values);
      }),
    };
    target.method(1, 2);
    expect(seen).toEqual([target, [1, 2]]);
    expect(faults).toEqual([]);
  });

  test("reports what it throws, with the place, and recovers", () => {
    const recovered: unknown[] = [];
    guarded("place", broken, (error) => recovered.push(error))();
    expect(faults).toEqual(["fault in place: RangeError: broken\n"]);
    expect(recovered).toEqual([new RangeError("broken")]);
  });

  test("recovers with the same this", () => {
    const target = {
      method: guarded<{ hurt?: boolean; method(): void }, []>("test", broken, function () {
        this.hurt = true;
      }),
    };
    target.method();
    expect(target).toMatchObject({ hurt: true });
  });

  test("survives a recovery that throws, too", () => {
    guarded("place", broken, broken)();
    expect(faults).toHaveLength(2);
  });

  test.each([["text"], [undefined], [null], [7]])("survives that %j is thrown", (thrown) => {
    guarded("place", () => {
      throw thrown;
    })();
    expect(faults).toEqual([`fault in place: ${thrown}\n`]);
  });
});

test("a fault is a line", () => {
  reportFault("place", new Error("why"));
  expect(faults).toEqual(["fault in place: Error: why\n"]);
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
