import { expect, test } from "vitest";
import { answerDns } from "../../softap/dns.js";
import { query, seeded } from "./packets.js";

const ADDRESS = "192.168.4.1";
/** What an answer adds to the question. */
const RECORD_BYTES = 16;

/** Holds for whatever comes in: nothing, or a NOERROR response to that very question. */
function check(packet: Uint8Array): boolean {
  expect(answerDns(packet, ADDRESS, true)?.length).toBe(answerDns(packet, ADDRESS, false)?.length);
  const reply = answerDns(packet, ADDRESS, false);
  if (!reply) return false;
  expect(reply.length).toBeLessThanOrEqual(packet.length + RECORD_BYTES);
  expect(reply.length).toBeLessThanOrEqual(512);
  expect([...reply.subarray(0, 2)]).toEqual([...packet.subarray(0, 2)]);
  expect(reply[2]! & 0x80).toBe(0x80);
  expect(reply[3]! & 0x0f).toBe(0);
  expect([...reply.subarray(4, 6), ...reply.subarray(8, 12)]).toEqual([0, 1, 0, 0, 0, 0]);
  return true;
}

test("5,000 random packets: no exception, no growth", () => {
  const random = seeded(20_261);
  for (let index = 0; index < 5_000; index++) {
    const packet = Uint8Array.from({ length: Math.floor(random() * 600) }, () => Math.floor(random() * 256));
    check(packet);
  }
});

test("5,000 queries with flipped bytes: some are still queries", () => {
  const random = seeded(4_711);
  let answered = 0;
  for (let index = 0; index < 5_000; index++) {
    const packet = query({ type: Math.floor(random() * 260) });
    for (let flips = 1 + Math.floor(random() * 4); flips > 0; flips--)
      packet[Math.floor(random() * packet.length)] = Math.floor(random() * 256);
    if (check(packet.subarray(0, random() < 0.2 ? Math.floor(random() * packet.length) : packet.length))) answered++;
  }
  expect(answered).toBeGreaterThan(1_000);
  expect(answered).toBeLessThan(4_900);
});

test("a thousand queries in one buffer, as the socket reuses it, do not mix", () => {
  const buffer = new ArrayBuffer(2_000);
  for (let offset = 0; offset < 1_000; offset++) {
    const packet = new Uint8Array(buffer, offset, query().length);
    packet.set(query({ id: offset }));
    const reply = answerDns(packet, ADDRESS, false)!;
    expect((reply[0]! << 8) | reply[1]!).toBe(offset);
    packet.fill(0xff);
    expect(reply[2]).toBe(0x85);
  }
});
