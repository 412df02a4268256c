/** What the mocked radio does to networks that misbehave, and to the phones on the access point. */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { host } from "../../mocks/moddable/host.js";
import { link, phones } from "../../mocks/moddable/link.js";
import Net from "../../mocks/moddable/net.js";
import { Radio, type RadioOptions } from "../../mocks/moddable/radio.js";
import Listener from "../../mocks/moddable/socket/listener.js";
import TCP from "../../mocks/moddable/socket/tcp.js";
import UDP from "../../mocks/moddable/socket/udp.js";
import WiFi from "../../mocks/moddable/wifi.js";
import { pause, text, until } from "./support.js";

const changeMs = 300;
let events: string[];
const closing: (() => void)[] = [];

function powerOn(options: RadioOptions): void {
  link.up = false;
  phones.up = false;
  host.radio = new Radio({ channelChangeMs: changeMs, ...options });
  WiFi.mode = 1;
  events = [];
  new WiFi(undefined, ((message: string, code?: number) => {
    events.push(code === undefined ? message : `${message} ${code}`);
  }) as never);
}

const networks = [
  { ssid: "same channel", channel: 1 },
  { ssid: "elsewhere", channel: 11 },
  { ssid: "locked", password: "correct horse", channel: 6 },
];

beforeEach(() => powerOn({ networks }));

afterEach(() => {
  for (const close of closing.splice(0)) close();
  host.radio.mode = 1;
  link.up = true;
  link.internet = true;
  phones.up = true;
});

const joined = async (ssid: string) => {
  WiFi.connect({ ssid });
  await until(() => events.includes("gotIP"));
};
const resolved = (name: string) =>
  new Promise<string | undefined>((done) => Net.resolve(name, (_name, address) => done(address)));
const scanned = (options: object) =>
  new Promise<string[]>((done) => {
    const names: string[] = [];
    WiFi.scan(options, (item) => (item ? names.push(item.ssid) : done(names)) as never);
  });

describe("networks", () => {
  test("a hidden one is in no scan, and has no name where it is asked for; it joins by name", async () => {
    powerOn({
      networks: [
        { ssid: "unseen", hidden: true },
        { ssid: "seen", rssi: -80 },
      ],
    });
    expect(await scanned({})).toEqual(["seen"]);
    expect(await scanned({ hidden: true })).toEqual(["", "seen"]);
    await joined("unseen");
    expect(Net.get("SSID")).toBe("unseen");
  });

  test("a busy one refuses so many associations with code 0", async () => {
    powerOn({ networks: [{ ssid: "busy", refuseFirst: 1 }] });
    WiFi.connect({ ssid: "busy" });
    await until(() => events.includes("disconnect 0"));
    expect(events).not.toContain("connect");
    await joined("busy");
  });

  test("one without DHCP associates, and that is all", async () => {
    powerOn({ networks: [{ ssid: "mute", noAddress: true }] });
    WiFi.connect({ ssid: "mute" });
    await until(() => events.includes("connect"));
    await pause(150);
    expect([events.includes("gotIP"), link.up, Net.get("IP")]).toEqual([false, false, undefined]);
  });

  test("the strongest access point of a name is joined, with the address it was given", async () => {
    powerOn({
      networks: [
        { ssid: "two", rssi: -80, channel: 1 },
        { ssid: "two", rssi: -40, channel: 9, bssid: "02:00:00:AB:CD:EF" },
      ],
    });
    await joined("two");
    expect([Net.get("RSSI"), Net.get("BSSID" as never)]).toEqual([-40, "02:00:00:AB:CD:EF"]);
  });

  test("one that comes later is found", async () => {
    host.radio.command({ command: "removeNetwork", ssid: "elsewhere" });
    WiFi.connect({ ssid: "elsewhere" });
    await until(() => events.includes("disconnect 0"));
    host.radio.command({ command: "addNetwork", network: { ssid: "elsewhere" } });
    await joined("elsewhere");
  });
});

describe("names", () => {
  test("the network's own, and the clock's", async () => {
    powerOn({ networks, names: { "provision.test": "127.0.0.9" } });
    expect(await resolved("provision.test")).toBeUndefined();
    await joined("elsewhere");
    expect(await resolved("Provision.Test")).toBe("127.0.0.9");
    expect(await resolved("pool.ntp.org")).toBe("127.0.0.1");
    expect(await resolved("localhost")).toBe("127.0.0.1");
    expect(await resolved("name.invalid")).toBeUndefined();
  });

  test("without internet none, after a while; and nothing answers", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    closing.push(() => server.close());
    const { port } = server.address() as { port: number };
    powerOn({ networks: [{ ssid: "island", internet: false }, ...networks] });
    await joined("island");
    expect([link.up, Net.get("IP")]).toEqual([true, "127.0.0.1"]);
    const startMs = Date.now();
    expect(await resolved("localhost")).toBeUndefined();
    expect(Date.now() - startMs).toBeGreaterThan(300);
    const seen: string[] = [];
    const tcp = new TCP({
      address: "127.0.0.1",
      port,
      onWritable: () => seen.push("writable"),
      onError: () => seen.push("error"),
    });
    expect(() => tcp.write(Uint8Array.of(1))).toThrow("not ready");
    await until(() => seen.length > 0);
    expect(seen).toEqual(["error"]);
    tcp.close();
    events.length = 0;
    await joined("elsewhere");
    expect(await resolved("localhost")).toBe("127.0.0.1");
  });
});

describe("the phones on the access point", () => {
  let device: { tcp: InstanceType<typeof TCP>; seen: string[] }[];
  let port: number;

  beforeEach(async () => {
    device = [];
    WiFi.accessPoint({ ssid: "ESP32-0001", station: true } as never);
    await until(() => phones.up);
    const listener = new Listener({
      onReadable(this: { read(): unknown }) {
        const seen: string[] = [];
        const tcp: InstanceType<typeof TCP> = new TCP({
          from: this.read(),
          onReadable: () => seen.push(text(tcp.read(undefined as never) as unknown as ArrayBuffer)),
          onError: () => seen.push("error"),
        } as never);
        device.push({ tcp, seen });
      },
    } as never);
    port = listener.port;
    closing.push(() => {
      for (const { tcp } of device) tcp.close();
      listener.close();
    });
  });

  const phone = async (): Promise<{ socket: Socket; ended: () => boolean }> => {
    let ended = false;
    const socket = connect(port, "127.0.0.1").on("error", () => {});
    socket.on("close", () => {
      ended = true;
    });
    closing.push(() => socket.destroy());
    await new Promise((done) => socket.once("connect", done).once("close", done));
    return { socket, ended: () => ended };
  };
  const connected = async () => {
    const { socket, ended } = await phone();
    socket.write("hello");
    await until(() => device.at(-1)?.seen[0] === "hello");
    return { socket, ended };
  };
  const isRefused = async () => {
    const { socket, ended } = await phone();
    socket.write("hello");
    await pause(30);
    return ended();
  };

  test("stay when the station joins on the same channel, and in a passive scan", async () => {
    const { ended } = await connected();
    await joined("same channel");
    await scanned({ active: false });
    await pause(30);
    expect(ended()).toBe(false);
    await connected();
  });

  test.each([
    ["when the station goes to another channel", () => joined("elsewhere")],
    ["also when it is refused there", async () => WiFi.connect({ ssid: "locked", password: "wrong horse" })],
    ["when the station looks for a name that is not there", async () => WiFi.connect({ ssid: "nowhere" })],
    ["in an active scan", async () => void (await scanned({}))],
  ])("are lost %s: the device is not told, they have to come again", async (_label, happen) => {
    const { ended } = await connected();
    await happen();
    await until(ended);
    expect(await isRefused()).toBe(true);
    await pause(4 * changeMs);
    const { tcp, seen } = device[0]!;
    expect(seen).toEqual(["hello"]);
    expect(tcp.write(new Uint8Array(1000))).toBeGreaterThan(0); // nobody tells it that nothing arrives
    await connected();
    expect(device[0]!.seen).toEqual(["hello"]);
  });

  test("are lost again when the station leaves that channel", async () => {
    await joined("elsewhere");
    expect(Net.get("CHANNEL" as never)).toBe(11);
    await pause(2 * changeMs);
    const { ended } = await connected();
    WiFi.disconnect();
    await until(ended);
    expect(Net.get("CHANNEL" as never)).toBe(1);
    await pause(2 * changeMs);
    await connected();
  });

  test("that a device does not close keep their places: at last nobody gets in", async () => {
    for (let round = 0; round < 4; round++) {
      for (let count = 0; count < 4; count++) await connected();
      host.radio.accessPoint.drop();
      await pause(changeMs + 50);
    }
    expect(await isRefused()).toBe(true);
    device[0]!.tcp.close();
    await connected();
  });

  test("do not find an access point that is closed", async () => {
    const { ended } = await connected();
    WiFi.mode = 1;
    await until(ended);
    await pause(2 * changeMs);
    expect(await isRefused()).toBe(true);
    WiFi.accessPoint({ ssid: "ESP32-0001", station: true, password: "on the label" } as never);
    expect(host.radio.accessPoint.settings).toEqual({ ssid: "ESP32-0001", password: "on the label", channel: 1 });
    await connected();
  });

  test("lose the packets of their questions, too", async () => {
    const asking = createSocket("udp4");
    closing.push(() => asking.close());
    await new Promise<void>((done) => asking.bind(0, "127.0.0.1", done));
    const { port: free } = asking.address();
    await new Promise<void>((done) => asking.close(done));
    closing.pop();
    const names = new UDP({ port: free, onReadable: () => {} } as never);
    const client = createSocket("udp4");
    closing.push(() => {
      names.close();
      client.close();
    });
    const send = () => new Promise((done) => client.send("question", free, "127.0.0.1", done));
    await send();
    await until(() => text(names.read()) === "question");
    host.radio.accessPoint.drop();
    await send();
    await pause(30);
    expect(names.read()).toBeUndefined();
    await pause(changeMs);
    await send();
    await until(() => text(names.read()) === "question");
  });
});
