import { describe, expect, test } from "vitest";
import { answerDns } from "../../softap/dns.js";
import { name, OPT, type QueryOptions, query, read, TYPE, word } from "./packets.js";

const ADDRESS = "192.168.4.1";
const question = (...parts: number[][]) => Uint8Array.from(parts.flat());

describe("a question for an address", () => {
  const asked = query({ id: 0xbeef });
  const questionBytes = asked.length - 12;

  test("gets the portal's, as one record that points to the question's name", () => {
    const reply = read(answerDns(asked, ADDRESS, false)!, questionBytes);
    expect(reply).toMatchObject({
      id: 0xbeef,
      isResponse: true,
      opcode: 0,
      authoritative: true,
      truncated: false,
      recursionDesired: true,
      responseCode: 0,
      counts: [1, 1, 0, 0],
    });
    expect(reply.question).toEqual(asked.subarray(12));
    expect([...reply.answer.subarray(0, 6)]).toEqual([0xc0, 12, 0, 1, 0, 1]);
    expect([...reply.answer.subarray(10)]).toEqual([0, 4, 192, 168, 4, 1]);
  });

  test("must not be remembered for more than a minute", () => {
    const { answer } = read(answerDns(asked, ADDRESS, false)!, questionBytes);
    const ttl = (answer[6]! << 24) | (answer[7]! << 16) | (answer[8]! << 8) | answer[9]!;
    expect(ttl).toBeGreaterThan(0);
    expect(ttl).toBeLessThanOrEqual(60);
  });

  test("in mixed case keeps its case (0x20 randomisation)", () => {
    const mixed = query({ name: name("CapTive.aPPle.COM") });
    expect(read(answerDns(mixed, ADDRESS, false)!, mixed.length - 12).question).toEqual(mixed.subarray(12));
  });

  test("without recursion desired gets the flag back as it was", () => {
    const plain = query({ flags: 0 });
    expect(read(answerDns(plain, ADDRESS, false)!, questionBytes).recursionDesired).toBe(false);
  });

  test("is answered for the root, too", () => {
    const root = query({ name: [0] });
    expect(read(answerDns(root, ADDRESS, false)!, 5).counts).toEqual([1, 1, 0, 0]);
  });
});

test.each([
  ["A", TYPE.A, 1],
  ["ANY", TYPE.ANY, 1],
  ["AAAA", TYPE.AAAA, 0],
  ["HTTPS", TYPE.HTTPS, 0],
  ["SVCB", TYPE.SVCB, 0],
  ["TXT", 16, 0],
])("type %s: NOERROR with the record or, at once, without one", (_label, type, answers) => {
  const asked = query({ type });
  const reply = read(answerDns(asked, ADDRESS, false)!, asked.length - 12);
  expect(reply).toMatchObject({ responseCode: 0, counts: [1, answers, 0, 0] });
  expect(reply.answer.length).toBe(answers ? 16 : 0);
  if (answers) expect([...reply.answer.subarray(2, 4)]).toEqual([0, TYPE.A]);
});

test("another class than IN has no address", () => {
  const chaos = query({ klass: 3 });
  expect(read(answerDns(chaos, ADDRESS, false)!, chaos.length - 12).counts).toEqual([1, 0, 0, 0]);
});

test("an EDNS record is not copied, and the counts say so", () => {
  const asked = query({ additional: OPT });
  const plain = query();
  expect(answerDns(asked, ADDRESS, false)).toEqual(answerDns(plain, ADDRESS, false));
});

describe("Windows' own check, dns.msftncsi.com", () => {
  const addressFor = (options: QueryOptions, online: boolean) => {
    const asked = query(options);
    return [...answerDns(asked, ADDRESS, online)!.subarray(-4)];
  };
  const check = name("dns.msftncsi.com");

  test("has its address from the internet once the device is set up, however it is spelled", () => {
    expect(addressFor({ name: check }, true)).toEqual([131, 107, 255, 255]);
    expect(addressFor({ name: name("DNS.mSFTncsi.Com") }, true)).toEqual([131, 107, 255, 255]);
  });

  test("has the portal's before", () => {
    expect(addressFor({ name: check }, false)).toEqual([192, 168, 4, 1]);
  });

  test.each(["www.msftncsi.com", "dns.msftncsi.co", "xdns.msftncsi.com", "dns.msftncsi.com.x", "dnsAmsftncsiAcom", ""])(
    "%j is another name",
    (other) => {
      expect(addressFor({ name: name(other) }, true)).toEqual([192, 168, 4, 1]);
    },
  );

  test("has no address of another type", () => {
    const asked = query({ name: check, type: TYPE.AAAA });
    expect(read(answerDns(asked, ADDRESS, true)!, asked.length - 12).counts).toEqual([1, 0, 0, 0]);
  });
});

describe("dropped", () => {
  const pointer = [0xc0, 12];
  test.each([
    ["a response", query({ flags: 0x8180 })],
    ["an inverse query", query({ flags: 0x0900 })],
    ["a dynamic update", query({ flags: 0x2800 })],
    ["no question", query({ questions: 0 })],
    ["two questions", query({ questions: 2 })],
    ["256 questions", query({ questions: 256 })],
    ["an answer in the query", query({ answers: 1 })],
    ["an authority in the query", query({ authorities: 1 })],
    ["a compressed name", query({ name: pointer })],
    ["a name that points to itself", query({ name: [1, 97, ...pointer] })],
    ["a label of 64 bytes", query({ name: [64, ...new Array(64).fill(97), 0] })],
    ["a name without an end", query({ name: [63, ...new Array(63).fill(97)], type: 0x3f3f })],
    ["nothing", new Uint8Array(0)],
    ["a header alone", query().subarray(0, 12)],
    ["513 bytes", query({ additional: { count: 1, bytes: new Array(513 - query().length).fill(0) } })],
    ["4 KiB", new Uint8Array(4096)],
  ])("%s", (_label, packet) => {
    expect(answerDns(packet, ADDRESS, false)).toBeUndefined();
  });

  test("everything that is cut off, at whatever byte", () => {
    const whole = query();
    for (let length = 0; length < whole.length; length++)
      expect(answerDns(whole.subarray(0, length), ADDRESS, false), `${length} bytes`).toBeUndefined();
    expect(answerDns(whole, ADDRESS, false)).toBeDefined();
  });
});

describe("at the bounds", () => {
  /** Labels of 63, 63, 63 and `last` bytes and the root. */
  const long = (last: number) => {
    const label = (length: number) => [length, ...new Array(length).fill(98)];
    return [...label(63), ...label(63), ...label(63), ...label(last), 0];
  };

  test("a name of 255 bytes is answered, one of 256 is not", () => {
    expect(long(61)).toHaveLength(255);
    const asked = query({ name: long(61) });
    expect(answerDns(asked, ADDRESS, false)).toHaveLength(asked.length + 16);
    expect(answerDns(query({ name: long(62) }), ADDRESS, false)).toBeUndefined();
  });

  test("512 bytes are read", () => {
    const padded = query({ additional: { count: 1, bytes: new Array(512 - query().length).fill(0) } });
    expect(padded).toHaveLength(512);
    expect(answerDns(padded, ADDRESS, false)).toEqual(answerDns(query(), ADDRESS, false));
  });

  test("the query itself stays as it was", () => {
    const asked = query();
    const before = asked.slice();
    answerDns(asked, ADDRESS, false);
    expect(asked).toEqual(before);
    expect(question(name("a.b"), word(1))).toEqual(Uint8Array.from([1, 97, 1, 98, 0, 0, 1]));
  });
});
