import { createSocket } from "node:dgram";
import { expect, test } from "vitest";
import UDP from "../../mocks/moddable/socket/udp.js";
import { text, until } from "./support.js";

test("a packet is read with where it came from, and answered", async () => {
  const port = 20_000 + Math.floor(Math.random() * 20_000);
  const packets: (ArrayBuffer & { address: string; port: number })[] = [];
  const udp = new UDP({
    port,
    onReadable(count) {
      while (count--) packets.push(this.read());
    },
  });
  expect(udp.read()).toBeUndefined();
  expect(() => new UDP({ port })).toThrow("bind failed");
  const client = createSocket("udp4");
  let answer = "";
  client.on("message", (message) => {
    answer = message.toString();
  });
  client.send("question", port, "127.0.0.1");
  await until(() => packets.length === 1);
  expect(text(packets[0])).toBe("question");
  expect(packets[0]).toMatchObject({ address: "127.0.0.1", port: client.address().port });
  expect(() => udp.write(new ArrayBuffer(1), "localhost", 1)).toThrow("invalid IP address");
  expect(() => udp.write("text" as never, "127.0.0.1", 1)).toThrow("invalid buffer");
  udp.write(Uint8Array.from(Buffer.from("answer")), packets[0]!.address, packets[0]!.port);
  await until(() => answer === "answer");
  udp.close();
  expect(() => udp.read()).toThrow();
  client.close();
});
