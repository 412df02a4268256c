/** What comes behind a handshake, as it may come and as it may not. */
import { describe, expect } from "vitest";
import { changeCipherSpec, record } from "../tls/records.js";
import { coreTest, openCore, State } from "./core.js";
import { authority, server } from "./identities.js";
import { KNOWN } from "./meet.js";
import { ALERT, DATA, HANDSHAKE, type Records, recordServer } from "./proxy.js";

const core = openCore();
const root = authority();
const chain = [server(root)];

const MAX_BYTES = 16_384;
const LARGEST = "x".repeat(MAX_BYTES);
const HELLO_REQUEST = Buffer.from([0, 0, 0, 0]);
const CLOSE_NOTIFY = Buffer.from([1, 0]);
const warning = (description: number) => Buffer.from([1, description]);
const fatal = (description: number) => Buffer.from([2, description]);

/** @returns what was read, and the state behind it */
async function hear(talk: (records: Records) => void, fields = {}): Promise<[plain: string, state: number]> {
  const port = await recordServer(chain, talk);
  const outcome = await core.connect(port, { trust: root.der, expect: 100_000, forget: 1, ...KNOWN, ...fields });
  expect(outcome).toMatchObject({ hasTimedOut: 0 });
  return [Buffer.from(outcome.plain, "hex").toString(), outcome.end];
}

const say = (records: Records, text: string) => records.send(DATA, Buffer.from(text));
const times = (count: number, task: () => void) => Array.from({ length: count }, task);

describe.each([1, 7, 512, undefined])("in pieces of %s bytes", (piece) => {
  coreTest.each<[name: string, plain: string, (records: Records) => void]>([
    ["nothing", "", () => {}],
    ["one", "hello", (one) => say(one, "hello")],
    ["of one byte", "x".repeat(50), (one) => times(50, () => say(one, "x"))],
    ["the largest", LARGEST, (one) => say(one, LARGEST)],
    ["empty ones", "", (one) => times(3, () => say(one, ""))],
    ["a warning", "", (one) => one.send(ALERT, warning(90))],
    ["HelloRequest", "", (one) => one.send(HANDSHAKE, HELLO_REQUEST)],
  ])("%s: the next is read, too, then the end", async (_name, plain, talk) => {
    const heard = await hear(
      (one) => {
        talk(one);
        say(one, "next");
        one.send(ALERT, CLOSE_NOTIFY);
      },
      { piece },
    );
    expect(heard).toEqual([`${plain}next`, State.CLOSED]);
  });
});

coreTest.each<[name: string, end: number, (records: Records) => void]>([
  ["a fatal alert", State.ALERT - 80, (one) => one.send(ALERT, fatal(80))],
  ["an alert about a certificate", State.ALERT - 42, (one) => one.send(ALERT, fatal(42))],
  ["half an alert", State.FAILED, (one) => one.send(ALERT, Buffer.from([2]))],
  ["a spoilt record", State.FAILED, (one) => one.sendRaw(spoilt(one.sealed(DATA, Buffer.from("x"))))],
  ["a record twice", State.FAILED, (one) => twice(one, one.sealed(DATA, Buffer.alloc(0)))],
  ["a record that is left out", State.FAILED, (one) => one.sealed(DATA, Buffer.from("x"))],
  ["a record that is too long", State.FAILED, (one) => say(one, `${LARGEST}x`)],
  ["a record that announces 32,700 bytes", State.FAILED, (one) => one.sendRaw(Buffer.from([DATA, 3, 3, 127, 188]))],
  ["a record that is too short to be sealed", State.FAILED, (one) => one.sendRaw(record(DATA, Buffer.alloc(8)))],
  ["data in clear", State.FAILED, (one) => one.sendRaw(record(DATA, Buffer.from("hello, here I am in clear")))],
  ["an alert in clear", State.FAILED, (one) => one.sendRaw(record(ALERT, fatal(80)))],
  ["close_notify in clear", State.FAILED, (one) => one.sendRaw(record(ALERT, CLOSE_NOTIFY))],
  ["a kind of record that is none", State.FAILED, (one) => one.send(99, Buffer.from("x"))],
  ["change_cipher_spec", State.FAILED, (one) => one.sendRaw(changeCipherSpec)],
  [
    "Finished",
    State.FAILED,
    (one) => one.send(HANDSHAKE, Buffer.concat([Buffer.from([20, 0, 0, 12]), Buffer.alloc(12)])),
  ],
  [
    "ServerHello",
    State.FAILED,
    (one) => one.send(HANDSHAKE, Buffer.concat([Buffer.from([2, 0, 0, 12]), Buffer.alloc(12)])),
  ],
])("%s: %i, and what comes behind is not read", async (_name, end, talk) => {
  const heard = await hear((one) => {
    say(one, "before ");
    talk(one);
    say(one, "behind");
  });
  expect(heard).toEqual(["before ", end]);
});

coreTest("a flood of empty records ends it", async () => {
  const heard = await hear((one) => {
    say(one, "before");
    times(1_000, () => say(one, ""));
  });
  expect(heard).toEqual(["before", State.FAILED]);
});

coreTest("a flood of HelloRequest is borne or ends it", async () => {
  const [, end] = await hear((one) => {
    times(100, () => one.send(HANDSHAKE, HELLO_REQUEST));
    one.send(ALERT, CLOSE_NOTIFY);
  });
  expect([State.CLOSED, State.FAILED]).toContain(end);
});

function spoilt(bytes: Buffer): Buffer {
  bytes[bytes.length - 1]! ^= 1;
  return bytes;
}

function twice(records: Records, bytes: Buffer): void {
  records.sendRaw(bytes);
  records.sendRaw(bytes);
}
