/** aedes, as both mocks have it, in the moments before its CONNACK. */
import { Duplex } from "node:stream";
import { Aedes } from "aedes";
import { generate, type Packet, parser } from "mqtt-packet";
import { expect, onTestFinished, test } from "vitest";
import { connackFirst } from "../../mocks/connack-first.js";

/** A client whose PUBLISH comes a moment behind its CONNECT. @returns the packets that it gets, by their names */
async function answers(broker: Aedes): Promise<string[]> {
  const got: string[] = [];
  const reader = parser().on("packet", ({ cmd }: Packet) => got.push(cmd));
  const socket = new Duplex({
    read() {},
    write(chunk, _encoding, done) {
      reader.parse(chunk);
      done();
    },
  });
  broker.handle(socket);
  const publish = {
    cmd: "publish",
    topic: "a",
    payload: "b",
    qos: 1,
    messageId: 1,
    retain: false,
    dup: false,
  } as const;
  socket.push(
    generate({ cmd: "connect", clientId: "c", protocolId: "MQTT", protocolVersion: 4, clean: true, keepalive: 0 }),
  );
  process.nextTick(() => socket.push(generate(publish)));
  await expect.poll(() => got.length).toBe(2);
  return got;
}

test.each([
  ["alone it may answer PUBLISH first", undefined, ["puback", "connack"]],
  ["the mocks' do not", connackFirst, ["connack", "puback"]],
] as const)("%s", async (_what, hold, expected) => {
  const broker = await Aedes.createBroker({
    preConnect(client, _packet, done) {
      hold?.(client);
      done(null, true);
    },
  });
  onTestFinished(() => new Promise<void>((done) => broker.close(() => done())));
  expect(await answers(broker)).toEqual(expected);
});
