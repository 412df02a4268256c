import { beforeEach, describe, expect, test } from "vitest";
import { type KeyType, makeCertificate } from "../../mocks/certificates.js";
import { Secret } from "../../modules/base/secret.js";
import { createMqtt } from "../../modules/mqtt/adapter.js";
import { MAX_PAYLOAD_BYTES, type MqttSession } from "../../modules/mqtt/mqtt.js";
import { rightCalendar } from "../calendar.js";
import { pause, until } from "../moddable/support.js";
import {
  broker,
  brokerPort,
  connected,
  published,
  reasonOf,
  received,
  refuse,
  send,
  sockets,
} from "../modules/mqtt-support.js";
import { answering, closedPort, fasterClock, faults, listening, onFirstBytes } from "../modules/net-support.js";
import { forgedHandshake, rawServer } from "./hostile.js";
import { authority, badCertificates, goodCertificate } from "./identities.js";
import { trust } from "./support.js";

describe.each<[KeyType]>([["rsa"], ["ec"]])("a broker's certificate of type %s", (keyType) => {
  const root = authority(keyType);
  const good = goodCertificate(root, keyType);
  beforeEach(() => trust(root));

  test.each(badCertificates(root, keyType))(
    "%s: %s, and the next session works",
    async (_name, reason, certificate) => {
      const seen: unknown[] = [];
      broker.authenticate = (client, _user, _password, done) => {
        seen.push(client.id);
        done(null, true);
      };
      expect(await reasonOf({ tls: true, port: await brokerPort([certificate]) })).toBe(reason);
      await pause(20);
      expect(seen).toEqual([]);
      await connected({ tls: true, port: await brokerPort([good]) });
      expect(faults).toEqual([]);
    },
  );

  test("over an intermediate authority", async () => {
    const middle = makeCertificate({ subject: "Middle", issuer: root, keyType, isAuthority: true });
    await connected({ tls: true, port: await brokerPort([goodCertificate(middle, keyType), middle]) });
  });
});

describe("over TLS", () => {
  const root = authority("ec");
  const good = goodCertificate(root, "ec");
  let options: { tls: true; port: number };
  beforeEach(async () => {
    trust(root);
    options = { tls: true, port: await brokerPort([good]) };
  });

  test.each([0, 1] as const)("messages go and come, quality %i, also many and large ones", async (qos) => {
    const packets = published();
    let sent = 0;
    const session: MqttSession = await connected({ ...options, onWritable: () => publish() });
    const texts = Array.from({ length: 60 }, (_, index) => String(index).padEnd(MAX_PAYLOAD_BYTES, "."));
    const publish = () => {
      while (sent < texts.length && session.publish({ topic: "t", payload: texts[sent]!, qos }) !== "later") sent++;
    };
    publish();
    for (const text of texts) void send(text, "devices/d/control", qos);
    await until(() => packets.length === texts.length && received.length === texts.length, "all of them");
    expect(packets.map(({ payload }) => payload)).toEqual(texts);
    expect(received.map(([, payload]) => payload)).toEqual(texts);
  });

  test("what is empty, or too large, is no trouble", async () => {
    await connected(options);
    for (const payload of ["", "x".repeat(40_000), "next"]) await send(payload);
    await until(() => received.length === 2);
    expect(received.map(([, payload]) => payload)).toEqual(["", "next"]);
  });

  test.each(["AES128-GCM-SHA256", "AES256-GCM-SHA384", "CHACHA20-POLY1305"].map((suite) => `ECDHE-RSA-${suite}`))(
    "with %s what fits into the send buffer is whole",
    async (ciphers) => {
      const rsa = authority("rsa");
      trust(rsa);
      const packets = published();
      const port = await brokerPort([goodCertificate(rsa, "rsa")], { ciphers });
      let sent = 0;
      const session: MqttSession = await connected({ tls: true, port, onWritable: () => publish() });
      // Each a byte longer than the last: one of them ends where the buffer does.
      const publish = () => {
        while (sent < 100 && session.publish({ topic: "t", payload: "x".repeat(600 + sent), qos: 0 }) !== "later")
          sent++;
      };
      publish();
      await until(() => packets.length === 100, "all of them");
    },
  );

  test.each([
    [4, "broker-credentials"],
    [3, "broker-busy"],
  ])("CONNACK %i is %s", async (code, reason) => {
    broker.authenticate = refuse(code);
    expect(await reasonOf(options)).toBe(reason);
  });

  test("the broker goes after the handshake: it closed the connection", async () => {
    const session = await connected(options);
    sockets.at(-1)!.destroy();
    expect((await session.ended).reason).toBe("broker-closed");
    broker.preConnect = (client) => client.conn.destroy();
    expect(await reasonOf(options)).toBe("broker-closed");
  });

  test("a broker without TLS, one that is not there, one that says nothing", async () => {
    expect(await reasonOf({ ...options, port: await answering(Uint8Array.of(0x20, 2, 0, 0)) })).toBe("tls-failed");
    expect(await reasonOf({ ...options, port: await closedPort() })).toBe("unreachable");
    expect(await reasonOf({ ...options, port: await onFirstBytes(() => {}), timeoutMs: 200 })).toBe("timeout");
  });

  test("a broker with TLS that is spoken to without: it closed the connection", async () => {
    expect(await reasonOf({ ...options, tls: false })).toBe("broker-closed");
  });

  test("neither name nor password are said to somebody whose key exchange another has signed", async () => {
    const { server, heard } = rawServer(forgedHandshake(good));
    expect(await reasonOf({ ...options, port: await listening(server) })).toBe("tls-failed");
    expect(Buffer.concat(heard).toString("latin1")).not.toMatch(/device|user|pass-word/);
  });

  test("twenty refusals leave no connection behind (the chip has 16)", async () => {
    const port = await brokerPort([makeCertificate({ subject: "server", names: ["127.0.0.1"] })]);
    for (let count = 0; count < 20; count++) expect(await reasonOf({ tls: true, port })).toBe("tls-untrusted");
    await connected(options);
  });
});

describe("the calendar", () => {
  const root = authority("ec");
  const asked: string[] = [];
  const calendar = {
    ...rightCalendar,
    ensure: async () => void asked.push("ensure"),
    doubt: () => void asked.push("doubt"),
  };
  const connectTo = async (port: number, tls: boolean) => {
    const result = await createMqtt(fasterClock(1), calendar, () => [])({
      ...{ host: "127.0.0.1", port, tls, clientId: "c", username: "", password: new Secret("") },
      ...{ cleanSession: true, keepAliveMs: 60_000, timeoutMs: 5_000, subscribe: [], qos: 0 },
      onMessage() {},
    });
    if (result.ok) result.value.close({ reason: "internal" });
    return result.ok ? "connected" : result.failure.reason;
  };
  beforeEach(() => {
    trust(root);
    asked.length = 0;
  });

  test("is set before the first certificate is looked at, and for nothing else", async () => {
    const port = await brokerPort([goodCertificate(root, "ec")]);
    expect(await connectTo(port, true)).toBe("connected");
    expect(asked).toEqual(["ensure"]);
    expect(await connectTo(port, false)).toBe("broker-closed");
    expect(asked).toEqual(["ensure"]);
  });

  test.each(badCertificates(root, "ec"))("%s (%s)", async (_name, reason, certificate) => {
    expect(await connectTo(await brokerPort([certificate]), true)).toBe(reason);
    expect(asked).toEqual(reason === "tls-expired" ? ["ensure", "doubt"] : ["ensure"]);
  });
});
