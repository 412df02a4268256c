import { createHash } from "node:crypto";
import { describe, expect, test, vi } from "vitest";
import { Digest } from "../../mocks/moddable/crypt.js";
import { host } from "../../mocks/moddable/host.js";
import { post } from "../../mocks/moddable/machine.js";
import Time from "../../mocks/moddable/time.js";
import Timer from "../../mocks/moddable/timer.js";
import { pause, until } from "./support.js";

describe("timer", () => {
  test("fires once, or again and again, until it is cleared", async () => {
    let once = 0;
    let often = 0;
    Timer.set(() => once++, 5);
    Timer.set(
      (timer) => {
        if (++often === 3) Timer.clear(timer);
      },
      1,
      2,
    );
    await pause(40);
    expect([once, often]).toEqual([1, 3]);
  });

  test("does not fire in the turn in which it is set; what is not a timer may be cleared", async () => {
    let fired = false;
    const timer = Timer.set(() => {
      fired = true;
    });
    expect(fired).toBe(false);
    await until(() => fired);
    Timer.clear(timer);
    Timer.clear(undefined);
    Timer.clear(null);
    expect(() => Timer.schedule(timer, 1)).toThrow();
  });

  test("a one-shot timer cannot schedule itself again without repeating; an unscheduled one waits", async () => {
    let count = 0;
    Timer.set((timer) => {
      count++;
      Timer.schedule(timer, 1);
    }, 1);
    let second = 0;
    const waiting = Timer.set((timer) => {
      second++;
      Timer.schedule(timer);
    }, 1);
    await pause(30);
    expect([count, second]).toEqual([1, 1]);
    Timer.schedule(waiting, 1);
    await until(() => second === 2);
    Timer.clear(waiting);
  });

  test("one for no time fires before what is delivered next, and one may clear another", async () => {
    const order: string[] = [];
    post(() => {
      post(() => order.push("message"));
      const cleared = Timer.set(() => order.push("cleared"));
      Timer.set(() => order.push("timer"), 0);
      Timer.clear(cleared);
      order.push("now");
    });
    await until(() => order.length === 3);
    expect(order).toEqual(["now", "timer", "message"]);
  });

  test("repeating does not drift", async () => {
    const start = Time.ticks;
    const late: number[] = [];
    const timer = Timer.repeat(() => {
      late.push(Time.delta(start) - (late.length + 1) * 60);
      Timer.delay(15);
    }, 60);
    // A drift would be of 15 ms each time, and never be made good, whatever else keeps the machine busy.
    const isInTime = () => late.slice(7).some((lateMs) => lateMs < 59);
    await until(() => isInTime() || late.length > 100);
    Timer.clear(timer);
    expect(isInTime()).toBe(true);
  });
});

test("a delta is right across the wrap of the ticks", () => {
  expect(Time.delta(0x7fffffff, -0x80000000)).toBe(1);
  expect(Number.isInteger(Time.ticks)).toBe(true);
});

describe("globals", () => {
  test("strings and buffers", () => {
    expect([...new Uint8Array(ArrayBuffer.fromString("é"))]).toEqual([0xc3, 0xa9]);
    expect(String.fromArrayBuffer(ArrayBuffer.fromString("\u{1F600}\0\uFEFF"))).toBe("\u{1F600}\0\uFEFF");
    expect(() => String.fromArrayBuffer(Uint8Array.of(0xc3).buffer)).toThrow(TypeError);
    expect(() => String.fromArrayBuffer(new Uint8Array(1) as never)).toThrow(TypeError);
  });

  test("trace joins nothing: piece after piece; in a release it is nothing", () => {
    const pieces: string[] = [];
    host.isDebug = true;
    const spy = vi.spyOn(host, "trace").mockImplementation((piece) => void pieces.push(piece));
    trace("a", 1, true, "\n");
    host.isDebug = false;
    trace("b");
    expect(pieces).toEqual(["a", "1", "true", "\n"]);
    spy.mockRestore();
  });
});

describe("digest", () => {
  const expected = createHash("sha256").update("möwe").digest("hex");
  const hex = (buffer: ArrayBuffer) => Buffer.from(buffer).toString("hex");

  test("of a string, of a buffer, of both", () => {
    const digest = new Digest("SHA256");
    digest.write("mö");
    digest.write(Uint8Array.from(Buffer.from("we")).buffer);
    expect(hex(digest.close())).toBe(expected);
    digest.reset();
    digest.write(Buffer.from("möwe") as never);
    expect(hex(digest.close())).toBe(expected);
    expect([digest.blockSize, digest.outputSize]).toEqual([64, 32]);
  });

  test("refuses what XS cannot read, and other names", () => {
    expect(() => new Digest("SHA256").write([1] as never)).toThrow("invalid buffer");
    expect(() => new Digest("sha256" as never)).toThrow("unsupported digest");
  });
});
