import { type AddressInfo, createServer, connect as nodeConnect, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { link } from "../../mocks/moddable/link.js";
import Listener from "../../mocks/moddable/socket/listener.js";
import TCP from "../../mocks/moddable/socket/tcp.js";
import { pause, text, until } from "./support.js";

const sendBufferBytes = 5744;
const open: { close(): void }[] = [];

afterEach(() => {
  link.up = true;
  for (const one of open.splice(0)) one.close();
});

function kept<Closable extends { close(): void }>(one: Closable): Closable {
  open.push(one);
  return one;
}

/** A server of Node; gives its port and the connections it got. */
async function serve(onConnection: (socket: Socket) => void = () => {}): Promise<{ port: number; sockets: Socket[] }> {
  const sockets: Socket[] = [];
  const server: Server = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => {});
    onConnection(socket);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  kept({ close: () => void server.close(), ...{ sockets } });
  kept({ close: () => sockets.forEach((socket) => void socket.destroy()) });
  return { port: (server.address() as AddressInfo).port, sockets };
}

const address = "127.0.0.1";

describe("reading", () => {
  test("comes in pieces, never the whole at once, in order, and not more than a window unread", async () => {
    const sent = Buffer.alloc(20_000, "0123456789");
    const { port } = await serve((socket) => socket.end(sent));
    const counts: number[] = [];
    const tcp = kept(new TCP({ address, port, onReadable: (count) => counts.push(count), onError: () => {} }));
    await until(() => (counts.at(-1) ?? 0) >= sendBufferBytes - 1024);
    await pause(20);
    expect(counts[0]).toBeLessThanOrEqual(1024);
    expect(counts.at(-1)).toBeLessThan(sendBufferBytes + 1024);
    let received = "";
    await until(() => {
      received += text(tcp.read() as ArrayBuffer | undefined);
      return received.length === sent.length;
    });
    expect(received).toBe(sent.toString());
  });

  test("what is left unread is announced again only with what comes next", async () => {
    const { port, sockets } = await serve((socket) => socket.write("12345"));
    const counts: number[] = [];
    const tcp = kept(new TCP({ address, port, onReadable: (count) => counts.push(count) }));
    await until(() => counts.length > 0);
    expect(text(tcp.read(2) as ArrayBuffer)).toBe("12");
    await pause(20);
    expect(counts).toEqual([5]);
    sockets[0]!.write("6");
    await until(() => counts.length > 1);
    expect(counts).toEqual([5, 4]);
  });

  test("asking for nothing or for more than there is throws; nothing there gives undefined", async () => {
    const { port } = await serve((socket) => socket.write("12345"));
    const readable: number[] = [];
    const tcp = kept(new TCP({ address, port, onReadable: () => void readable.push(1) }));
    expect(tcp.read()).toBeUndefined();
    await until(() => readable.length > 0);
    expect(() => tcp.read(6)).toThrow("invalid");
    expect(() => tcp.read(0)).toThrow("invalid");
    const into = new Uint8Array(3);
    expect(tcp.read(into)).toBe(3);
    expect(text(into.buffer)).toBe("123");
    tcp.format = "number";
    expect([tcp.read(), tcp.read(), tcp.read()]).toEqual([0x34, 0x35, undefined]);
  });

  test("the peer's end comes as an error, after everything was read, and no write is possible then", async () => {
    const { port } = await serve((socket) => socket.end("last words"));
    const events: string[] = [];
    const tcp = kept(
      new TCP({ address, port, onReadable: () => events.push("readable"), onError: () => events.push("error") }),
    );
    await until(() => events.length > 0);
    await pause(30);
    expect(events).toEqual(["readable"]);
    expect(text(tcp.read() as ArrayBuffer)).toBe("last words");
    await until(() => events.includes("error"));
    expect(() => tcp.write(Uint8Array.of(1))).toThrow("not ready");
  });
});

describe("writing", () => {
  test("before the connection stands throws", async () => {
    const { port } = await serve();
    expect(() => kept(new TCP({ address, port })).write(Uint8Array.of(1))).toThrow("not ready");
  });

  test("gives what room is left, throws when there is too little, and tells when there is room again", async () => {
    let received = 0;
    const { port } = await serve((socket) => socket.on("data", (data) => (received += data.length)));
    const rooms: number[] = [];
    const tcp = kept(new TCP({ address, port, onWritable: (count) => rooms.push(count) }));
    await until(() => rooms.length > 0);
    expect(rooms).toEqual([sendBufferBytes]);
    const bytes = new Uint8Array(5000);
    expect(tcp.write(bytes)).toBe(744);
    expect(() => tcp.write(new Uint8Array(745))).toThrow("would block");
    await until(() => rooms.at(-1) === sendBufferBytes && rooms.length > 1);
    await until(() => received === 5000);
  });

  test("takes buffers of bytes only", async () => {
    const { port } = await serve();
    const ready: number[] = [];
    const tcp = kept(new TCP({ address, port, onWritable: () => void ready.push(1) }));
    await until(() => ready.length > 0);
    expect(() => tcp.write("text" as never)).toThrow("invalid buffer");
    expect(() => tcp.write(new Uint16Array(1) as never)).toThrow("invalid buffer");
  });

  test("what was written before close still arrives", async () => {
    let received = "";
    const { port } = await serve((socket) => socket.on("data", (data) => (received += data)));
    const tcp = new TCP({
      address,
      port,
      onWritable() {
        tcp.write(Uint8Array.from(Buffer.from("goodbye")));
        tcp.close();
      },
    });
    await until(() => received === "goodbye");
    expect(() => tcp.write(Uint8Array.of(1))).toThrow();
    tcp.close();
  });
});

describe("opening", () => {
  test("names are not addresses", () => {
    for (const wrong of ["localhost", "::1", "1.2.3", ""])
      expect(() => new TCP({ address: wrong, port: 80 })).toThrow("invalid address");
    expect(() => new TCP({ host: "localhost", port: 80 })).toThrow("invalid address");
    expect(() => new TCP({ address, port: 65536 })).toThrow("invalid port");
    expect(() => new TCP({ address, port: 80, onReadable: 1 as never })).toThrow("not a function");
  });

  test("a refused connection is an error, without a reason", async () => {
    const { port } = await serve();
    for (const one of open.splice(0)) one.close();
    const errors: unknown[][] = [];
    kept(new TCP({ address, port, onError: (...reasons: unknown[]) => errors.push(reasons) as never }));
    await until(() => errors.length > 0);
    expect(errors).toEqual([[]]);
  });

  test("there are fourteen connections and no more", async () => {
    const { port } = await serve();
    expect(() => {
      for (let count = 0; count < 15; count++) kept(new TCP({ address, port, onError: () => {} }));
    }).toThrow("no socket");
    const mine = open.length;
    expect(mine).toBe(2 + 14);
    for (const one of open.splice(0)) one.close();
    await pause(30);
    const again = await serve();
    kept(new TCP({ address, port: again.port }));
  });

  test("callbacks have the socket as this, and it has the target", async () => {
    const { port } = await serve((socket) => socket.write("x"));
    const target = {};
    const seen: unknown[] = [];
    const tcp = kept(
      new TCP({
        address,
        port,
        target,
        onReadable() {
          seen.push(this, (this as unknown as { target: unknown }).target);
        },
      }),
    );
    await until(() => seen.length > 0);
    expect(seen).toEqual([tcp, target]);
  });
});

describe("a station without a link", () => {
  test("opens nothing", () => {
    link.up = false;
    expect(() => new TCP({ address, port: 80 })).toThrow("connect error");
  });

  test("keeps open connections silent until it is back", async () => {
    let received = "";
    const { port, sockets } = await serve((socket) => socket.on("data", (data) => (received += data)));
    const ready: number[] = [];
    const read: string[] = [];
    const tcp = kept(
      new TCP({
        address,
        port,
        onWritable: () => void ready.push(1),
        onReadable: () => void read.push(text(tcp.read() as ArrayBuffer)),
      }),
    );
    await until(() => ready.length > 0);
    link.up = false;
    tcp.write(Uint8Array.from(Buffer.from("up")));
    sockets[0]!.write("down");
    await pause(40);
    expect([received, read]).toEqual(["", []]);
    link.up = true;
    await until(() => received === "up" && read.join("") === "down");
  });
});

describe("a listener", () => {
  test("has its port at once, and no other can have it", () => {
    const listener = kept(new Listener({}));
    expect(listener.port).toBeGreaterThan(0);
    expect(() => new Listener({ port: listener.port })).toThrow("socket bind");
  });

  test("gives connections that are taken over, data that came before included", async () => {
    const accepted: unknown[] = [];
    const listener = kept(
      new Listener({
        onReadable(count) {
          while (count--) accepted.push(this.read());
        },
      }),
    );
    const client = nodeConnect(listener.port, "127.0.0.1");
    kept({ close: () => void client.destroy() });
    client.write("hello");
    await until(() => accepted.length > 0);
    await pause(20);

    class Guarded extends TCP {
      seen: string[] = [];
      constructor(options: ConstructorParameters<typeof TCP>[0] & object) {
        super({
          ...options,
          onReadable: (count: number) => {
            this.seen.push(`readable ${count}`);
          },
          onWritable: (count: number) => {
            this.seen.push(`writable ${count}`);
          },
        });
      }
    }
    const from = accepted[0] as InstanceType<typeof TCP>;
    expect(from.remoteAddress).toBe("127.0.0.1");
    const guarded = kept(new Guarded({ from: from as never }));
    expect(() => from.read()).toThrow();
    expect(() => new TCP({ from: from as never })).toThrow("invalid from");
    await until(() => guarded.seen.length === 2);
    expect(guarded.seen).toEqual(["readable 5", `writable ${sendBufferBytes}`]);
    expect(text(guarded.read() as ArrayBuffer)).toBe("hello");
    let reply = "";
    client.on("data", (data) => (reply += data));
    guarded.write(Uint8Array.from(Buffer.from("world")));
    await until(() => reply === "world");
  });
});
