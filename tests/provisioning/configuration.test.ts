/** What of a configuration is kept, and that whatever is accepted fits into flash and comes out of it again. */
import { describe, expect, test } from "vitest";
import {
  type Configuration,
  checkConfiguration,
  encodeConfiguration,
  type RawConfiguration,
  sameConfiguration,
} from "../../provisioning/configuration.js";
import { Journal } from "../../provisioning/journal.js";
import { ScriptedStore } from "../scripted/store.js";

const credentials = {
  ...{ host: "m.example", port: 1883, tls: false, clientId: "c", username: "u", password: "p" },
  ...{ topics: { status: "s" }, qos: 1 },
};
const whole: RawConfiguration = {
  credentials,
  pace: { heartbeatMs: 30_000, dataMs: 90_000, retryAttempts: 3, timeoutMs: 10_000, keepAliveMs: 240_000 },
  websocket: { url: "wss://ws.example/v1/", token: "token" },
  utcOffsetMinutes: 480,
  standIn: { dataUrl: "http://a.example/d", statusUrl: "https://b.example:8443/s", deviceId: "D", deviceSecret: "s" },
};

function checked(raw: RawConfiguration): Configuration {
  const result = checkConfiguration(raw);
  if (!result.ok) throw new Error(JSON.stringify(result));
  return result.value;
}

const reread = (configuration: Configuration) =>
  checked(JSON.parse(JSON.stringify(encodeConfiguration(configuration))) as RawConfiguration);

test.each(["slot2", "", 0, null])("a certificate that no device has, %j, is no configuration", (certificate) => {
  const raw = { credentials: { ...credentials, certificate } };
  expect(checkConfiguration(raw)).toMatchObject({ ok: false, failure: { reason: "bad-answer" } });
});

test.each<[string, RawConfiguration]>([
  ["a certificate", { credentials: { ...credentials, certificate: "slot1" } }],
  ["all of it", whole],
  ["credentials alone", { credentials }],
  ["a part of the pace", { credentials, pace: { retryAttempts: 3 } }],
  ["a session that stays", { credentials: { ...credentials, cleanSession: false } }],
  ["one endpoint", { credentials, standIn: { dataUrl: "http://a.example/d", deviceId: "D", deviceSecret: "s" } }],
  ["a WebSocket without a token", { credentials, websocket: { url: "ws://ws.example:8000/", token: "" } }],
])("%s comes back from JSON as it was", (_label, raw) => {
  const configuration = checked(raw);
  expect(sameConfiguration(reread(configuration), configuration)).toBe(true);
  expect(encodeConfiguration(configuration)).toEqual(raw);
});

test.each<[string, RawConfiguration]>([
  ["another password", { ...whole, credentials: { ...credentials, password: "q" } }],
  ["another token", { ...whole, websocket: { url: "wss://ws.example/v1/", token: "other" } }],
  ["another pace", { ...whole, pace: { ...whole.pace, heartbeatMs: 31_000 } }],
  ["another session", { ...whole, credentials: { ...credentials, cleanSession: false } }],
  ["another secret", { ...whole, standIn: { ...(whole.standIn as object), deviceSecret: "t" } }],
  ["another endpoint", { ...whole, standIn: { ...(whole.standIn as object), dataUrl: "http://a.example/e" } }],
  ["nothing that stands in", { ...whole, standIn: undefined }],
  ["another offset", { ...whole, utcOffsetMinutes: 0 }],
  ["no WebSocket", { ...whole, websocket: undefined }],
])("%s makes another configuration", (_label, raw) => {
  expect(sameConfiguration(checked(raw), checked(whole))).toBe(false);
});

test("what nobody knows is not kept", () => {
  const raw = { ...whole, extra: 1, credentials: { ...credentials, extra: 1 } } as RawConfiguration;
  expect(JSON.stringify(encodeConfiguration(checked(raw)))).not.toContain("extra");
});

test("no secret is seen by accident", () => {
  const configuration = checked({
    ...whole,
    credentials: { ...credentials, password: "hidden" },
    websocket: { url: "wss://a", token: "veiled" },
    standIn: { ...(whole.standIn as object), deviceSecret: "covered" },
  });
  const { credentials: held, websocket, standIn } = configuration;
  const seen = `${JSON.stringify(configuration)} ${held.password} ${websocket?.token} ${standIn?.deviceSecret}`;
  expect(seen).toContain("••••");
  expect(seen).not.toMatch(/hidden|veiled|covered/);
});

describe("the size", () => {
  /** Of a URL that the settings take, the one whose JSON is the longest. */
  const URL = `http://a.example/${'"'.repeat(255 - 17)}`;
  const MAX_NVS_BYTES = 4_000;
  const MAX_SEQUENCE_DIGITS = 15;

  /** With so many characters of `filling` in the topics. */
  const sized = (characters: number, filling: string): RawConfiguration => {
    const topics = Array.from({ length: 16 }, (_, index) =>
      filling.repeat(Math.min(250, Math.max(0, characters - 250 * index))),
    );
    return {
      ...whole,
      credentials: {
        ...credentials,
        topics: Object.fromEntries(topics.map((topic, index) => [`t${index}`, topic]).filter(([, topic]) => topic)),
      },
    };
  };

  /** How much of it is accepted. */
  function fittingOf(filling: string): number {
    let [fits, tooMuch] = [0, 4_000];
    while (tooMuch - fits > 1) {
      const middle = (fits + tooMuch) >> 1;
      if (checkConfiguration(sized(middle, filling)).ok) fits = middle;
      else tooMuch = middle;
    }
    return fits;
  }

  test.each(["x", '"', "é", "消", "😀"])(
    "%s: what is accepted fits with its URL, what does not is refused",
    (filling) => {
      let fitting = 0;
      while (checkConfiguration(sized(fitting + 1, filling)).ok) fitting++;
      expect(checkConfiguration(sized(fitting + 1, filling))).toMatchObject({
        failure: { reason: "answer-too-large" },
      });
      const configuration = checked(sized(fitting, filling));
      const store = new ScriptedStore();
      const journal = new Journal(store);
      expect(journal.keep(URL, configuration)).toEqual({ ok: true, value: undefined });
      expect(journal.stored(URL).map((stored) => sameConfiguration(stored, configuration))).toEqual([true]);
      const bytes = [...store.entries.values()].map((text) => Buffer.byteLength(text));
      // As the record's number may grow.
      expect(Math.max(...bytes) - 1 + MAX_SEQUENCE_DIGITS).toBeLessThan(MAX_NVS_BYTES);
      expect(Math.max(...bytes)).toBeGreaterThan(3_000);
    },
  );

  test("what stands in gives way to the rest", () => {
    const endpoint = `http://a.example/${"x".repeat(200)}`;
    const long = { ...(whole.standIn as object), dataUrl: endpoint, statusUrl: endpoint };
    let characters = 0;
    while (checked({ ...sized(characters + 1, "x"), standIn: long }).standIn) characters++;
    const alone = { ...sized(characters + 1, "x"), standIn: undefined };
    expect(encodeConfiguration(checked({ ...alone, standIn: long }))).toEqual(encodeConfiguration(checked(alone)));
    expect(checked({ ...sized(characters, "x"), standIn: long }).standIn?.deviceId).toBe("D");
  });

  test("counts what is beside the credentials", () => {
    const fitting = fittingOf("x");
    const websocket = { url: "wss://ws.example/v1/", token: "t".repeat(500) };
    expect(checkConfiguration({ ...sized(fitting, "x"), websocket })).toMatchObject({ ok: false });
    expect(checkConfiguration({ ...sized(fitting - 500, "x"), websocket }).ok).toBe(true);
  });
});
