import { generate, type Packet } from "mqtt-packet";
import { expect, test } from "vitest";
import { HeaderWatch } from "../../modules/mqtt/headers.js";

/** Shows the watch what the SDK's client reads byte by byte: all but the payload's bytes. */
function watch(packets: Packet[]): HeaderWatch {
  const seen = new HeaderWatch();
  let position = 0;
  for (const packet of packets) {
    const bytes = generate(packet);
    const payload = "payload" in packet ? Buffer.byteLength(packet.payload as string) : 0;
    bytes.subarray(0, bytes.length - payload).forEach((byte, index) => {
      seen.see(position + index, byte);
    });
    position += bytes.length;
  }
  return seen;
}

const connack = (returnCode: number): Packet => ({ cmd: "connack", returnCode, sessionPresent: false });
const publish = (payload: string, retain: boolean, qos: 0 | 1 = 0): Packet =>
  ({ cmd: "publish", topic: "a/b", payload, retain, qos, dup: false, messageId: 7 }) as Packet;

test.each([0, 3, 5])("the CONNACK's return code, %i", (code) => {
  expect(watch([connack(code)]).connackCode).toBe(code);
});

test.each([0, 1, 100, 200, 20_000, 3_000_000])("the retain flag behind a message of %i bytes", (bytes) => {
  // Payloads full of bytes that look like headers.
  const before = [
    connack(0),
    { cmd: "suback", messageId: 1, granted: [1] } as Packet,
    publish("1".repeat(bytes), false, 1),
  ];
  expect(watch(before).isRetained).toBe(false);
  expect(watch([...before, publish("x", true)]).isRetained).toBe(true);
  expect(watch([...before, publish("x", true), publish("y", false, 1)]).isRetained).toBe(false);
});
