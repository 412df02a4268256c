import { connect, createServer } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { GuardedListener, GuardedTcp } from "../../modules/socket/adapter.js";
import { pause, until } from "../moddable/support.js";
import { answering, closedPort, faults, listening } from "./net-support.js";

const open: { close(): void }[] = [];
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

type Options = ConstructorParameters<typeof GuardedTcp>[0];

/** Connects, says a word, and reads all there is until there is an error. */
function reading(port: number, options: object = {}): { read: number; errors: number; tcp: GuardedTcp } {
  const state = { read: 0, errors: 0, tcp: undefined as unknown as GuardedTcp };
  let said = false;
  state.tcp = new GuardedTcp({
    address: "127.0.0.1",
    port,
    onWritable(this: GuardedTcp) {
      if (!said) this.write(Uint8Array.of(1));
      said = true;
    },
    onReadable(this: GuardedTcp, count: number) {
      state.read += (this.read(count) as ArrayBuffer).byteLength;
    },
    onError: () => void state.errors++,
    ...options,
  } as unknown as Options);
  open.push(state.tcp);
  return state;
}

describe("a limit of bytes", () => {
  test("lets pass what is within, to the byte", async () => {
    const state = reading(await answering("x".repeat(5_000)), { limits: { maxBytes: 5_000 } });
    await until(() => state.errors === 1, "the end");
    expect([state.read, faults]).toEqual([5_000, []]);
  });

  test("makes an error of one byte more", async () => {
    const state = reading(await answering("x".repeat(5_001)), { limits: { maxBytes: 5_000 } });
    await until(() => state.errors > 0, "the error");
    expect(state.read).toBeLessThanOrEqual(5_000);
    expect(faults.join("")).toContain("too many bytes");
  });

  test("counts bytes that are read one by one", async () => {
    const seen: number[] = [];
    const state = reading(await answering("abcdef"), {
      limits: { maxBytes: 4 },
      onReadable(this: GuardedTcp, count: number) {
        this.format = "number";
        for (; count > 0; count--) seen.push(this.read() as number);
      },
    });
    await until(() => state.errors > 0, "the error");
    expect(String.fromCharCode(...seen)).toBe("abcd");
  });

  test("a byte that is read alone can be changed, or be the end", async () => {
    const bytes: number[] = [];
    const state = reading(await answering("abcdef"), {
      limits: {
        mapByte(byte: number) {
          if (byte === 101) throw new RangeError("no e");
          return byte - 32;
        },
      },
      onReadable(this: GuardedTcp, count: number) {
        this.format = "number";
        for (; count > 0; count--) bytes.push(this.read() as number);
      },
    });
    await until(() => state.errors > 0, "the error");
    expect(String.fromCharCode(...bytes)).toBe("ABCD");
    expect(faults.join("")).toContain("no e");
  });

  test("none is none", async () => {
    const state = reading(await answering("x".repeat(60_000)));
    await until(() => state.errors === 1, "the end");
    expect([state.read, faults]).toEqual([60_000, []]);
  });
});

test("an exception in a callback is an error of that connection, and a line", async () => {
  const state = reading(await answering("hello"), {
    onReadable() {
      throw new Error("parser");
    },
  });
  await until(() => state.errors > 0);
  expect(faults.join("")).toContain("fault in socket: Error: parser");
});

test("what is thrown once the socket is closed is of no interest any more", async () => {
  let closed = false;
  const state = reading(await answering("hello"), {
    onReadable(this: GuardedTcp) {
      this.close();
      closed = true;
      throw new Error("tripped over the closed socket");
    },
  });
  await until(() => closed);
  await pause(5);
  expect([state.errors, faults]).toEqual([0, []]);
});

test("an exception in the error's callback is a line", async () => {
  const port = await listening(createServer((socket) => socket.end()));
  reading(port, {
    onError() {
      throw new Error("again");
    },
  });
  await until(() => faults.join("").includes("again"));
});

test("accepted connections have the listener's limit, also once they are taken over", async () => {
  let errors = 0;
  let read = 0;
  const port = await closedPort();
  class LimitedListener extends GuardedListener {
    protected limits() {
      return { maxBytes: 100 };
    }
  }
  const listener = new LimitedListener({
    port,
    onReadable(this: GuardedListener, count: number) {
      for (; count > 0; count--) {
        const from = this.read()!;
        const Io = from.constructor as typeof GuardedTcp;
        open.push(
          new Io({
            from,
            onReadable(this: GuardedTcp, bytes: number) {
              read += (this.read(bytes) as ArrayBuffer).byteLength;
            },
            onError: () => void errors++,
          } as unknown as Options),
        );
      }
    },
  } as unknown as ConstructorParameters<typeof GuardedListener>[0]);
  open.push(listener as unknown as { close(): void });
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  socket.write("x".repeat(99));
  await until(() => read === 99);
  expect(errors).toBe(0);
  socket.write("xx");
  await until(() => errors === 1);
  socket.destroy();
  await pause(5);
});
