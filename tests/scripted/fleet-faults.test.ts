/** What an account rejects, loses or spoils in fleet provisioning: the reason that the page gives, and the way on. */
import { expect, test } from "vitest";
import { installGlobals } from "../../mocks/moddable/globals.js";
import type { Reason } from "../../modules/base/failure.js";
import { Account, CLAIM, CREATE, CSR, ENDPOINT, type Fault, REGISTER } from "./account.js";
import { goodWorld, SECRETS } from "./cloud.js";
import { SERIAL } from "./identity.js";
import { ScriptedKeys } from "./keys.js";
import { own } from "./own.js";
import { play } from "./play.js";
import { ScriptedStore } from "./store.js";
import { World } from "./world.js";

installGlobals();

const LOST = "may be active, and nobody uses it";
const reject = (statusCode: number, errorCode: string, errorMessage = "of the account"): Fault => ({
  reject: { statusCode, errorCode, errorMessage },
});
const done: undefined = undefined;
const ANOTHERS = JSON.stringify({
  ...{ certificateId: "1", certificatePem: own[3]!.certificatePem, certificateOwnershipToken: "token" },
});

/** Of the requests the faults, in their order; the reason; the requests of the trial; certificates in the end. */
const table: readonly [string, readonly (Fault | undefined)[], Reason, readonly string[], number][] = [
  ["the claim may not create", ["close", "close"], "broker-closed", [CSR, CREATE], 1],
  ["creation: malformed", [reject(400, "Invalid"), reject(400, "Invalid")], "request-refused", [CSR, CREATE], 1],
  ["creation: forbidden", [reject(403, "AccessDenied"), "close"], "broker-closed", [CSR, CREATE], 1],
  ["creation: forbidden twice", ["close", reject(403, "AccessDenied")], "not-registered", [CSR, CREATE], 1],
  ["creation: throttled", [reject(429, "Throttled")], "rate-limited", [CSR], 1],
  ["creation: out of order", [reject(500, "InternalFailure")], "server-error", [CSR], 1],
  ["creation: no answer, nothing done", ["ignore"], "timeout", [CSR], 1],
  ["creation: the answer is lost", ["lose"], "timeout", [CSR], 2],
  ["creation: no JSON", [{ answer: "certificate" }], "bad-answer", [CSR], 2],
  ["creation: nothing in it", [{ answer: "{}" }], "bad-answer", [CSR], 2],
  ["creation: half a certificate", [{ answer: '{"certificateId":"1","certificatePem":"x"}' }], "bad-answer", [CSR], 2],
  ["creation: another key's certificate", [{ answer: ANOTHERS }], "bad-answer", [CSR], 2],
  ["creation: far too long", [{ answer: `{"a":"${"x".repeat(20_000)}"}` }], "bad-answer", [CSR], 2],
  ["keys of the account: throttled", ["close", reject(429, "Throttled")], "rate-limited", [CSR, CREATE], 1],
  ["keys of the account: the answer is lost", ["close", "lose"], "timeout", [CSR, CREATE], 2],
  ["keys of the account: no key", ["close", { answer: ANOTHERS }], "bad-answer", [CSR, CREATE], 2],
  ["registration: not allowed", [done, "close"], "broker-closed", [CSR, REGISTER], 1],
  ["registration: no parameter", [done, reject(400, "InvalidParameters")], "request-refused", [CSR, REGISTER], 1],
  ["registration: the hook says no", [done, reject(403, "AccessDenied")], "not-registered", [CSR, REGISTER], 1],
  ["registration: no template", [done, reject(404, "NotFound")], "unexpected-status", [CSR, REGISTER], 1],
  ["registration: another's", [done, reject(409, "ResourceConflict")], "activated-elsewhere", [CSR, REGISTER], 1],
  ["registration: throttled", [done, reject(429, "Throttled")], "rate-limited", [CSR, REGISTER], 1],
  ["registration: out of order", [done, reject(503, "Unavailable")], "server-error", [CSR, REGISTER], 1],
  ["registration: no answer, nothing done", [done, "ignore"], "timeout", [CSR, REGISTER], 1],
  ["registration: the answer is lost", [done, "lose"], "timeout", [CSR, REGISTER], 1],
  ["registration: no JSON", [done, { answer: "thing" }], "bad-answer", [CSR, REGISTER], 1],
];

test.each(table)("%s", (_name, faults, reason, requests, issued) =>
  play(async (enter) => {
    const account = new Account();
    account.faults = [...faults];
    const { world, send, tried } = board(account, enter);
    await world.untilState("portal");
    send();
    await tried();
    expect(world.phase).toBe("failed");
    expect(world.reason).toBe(reason);
    expect(account.requests.map(({ topic }) => topic)).toEqual(requests);
    // Nothing is wrong any more: the same form, sent once more.
    send();
    await tried();
    expect(world.restarted).toBe(true);
    expect(account.issued).toHaveLength(issued);
    // However often it is asked for.
    const asked = account.requests.flatMap(({ body }) => body.certificateSigningRequest ?? []);
    expect(new Set(asked).size).toBe(1);
    // What was issued and is not the device's own is not active, or a word was said.
    expect(account.active.length === 1 || world.notes.some((note) => note.includes(LOST))).toBe(true);
    expect(account.tooSoon).toBe(0);
    expect([...world.notes, JSON.stringify(world.events)].join("\n")).not.toMatch(/secret-token|-----BEGIN/);
  }),
);

test("what is barred is found out once: over tries, and not for longer than the enrolment lasts", () =>
  play(async (enter) => {
    const account = new Account({ csr: "subscription" });
    const [busy, no] = [reject(429, "Throttled"), reject(403, "AccessDenied")];
    account.faults = [busy, busy, done, no];
    const { world, send, tried } = board(account, enter);
    await world.untilState("portal");
    for (const reason of ["rate-limited", "rate-limited", "not-registered"]) {
      send();
      await tried();
      expect(world.reason).toBe(reason);
    }
    send();
    await tried();
    expect(world.restarted).toBe(true);
    expect(account.barred).toBe(1);
    expect(account.requests.map(({ topic }) => topic)).toEqual([CREATE, CREATE, CREATE, REGISTER, REGISTER]);
    expect(world.notes.join()).toContain("CreateCertificateFromCsr: broker-closed; CreateKeysAndCertificate takes its");
  }));

test("an account that turns to the other way meanwhile is followed", () =>
  play(async (enter) => {
    const account = new Account({ csr: "subscription" });
    account.faults = [reject(429, "Throttled")];
    const { world, send, tried } = board(account, enter);
    await world.untilState("portal");
    send();
    await tried();
    account.options = { ...account.options, csr: undefined, create: "subscription" };
    send();
    await tried();
    expect(world.restarted).toBe(true);
    expect(account.requests.map(({ topic }) => topic)).toEqual([CREATE, CSR, REGISTER]);
  }));

test("a network that is lost says nothing of the policy", () =>
  play(async (enter) => {
    const account = new Account();
    account.faults = ["close"];
    const refuses = () => (account.requests.length === 1 ? "unreachable" : undefined);
    const { world, send, tried } = board(account, enter, { refuses });
    await world.untilState("portal");
    send();
    await tried();
    expect(world.reason).toBe("unreachable");
    account.requests.length = 0;
    send();
    await tried();
    expect(world.restarted).toBe(true);
    expect(account.requests.map(({ topic }) => topic)).toEqual([CSR, REGISTER]);
  }));

test("a serial number that no subject may have does not keep the device from asking", () =>
  play(async (enter) => {
    const account = new Account({ thing: () => undefined });
    const { world, send, tried } = board(account, enter, { serial: "SN=1;2" });
    await world.untilState("portal");
    send();
    await tried();
    expect([world.restarted, account.requests.map(({ topic }) => topic)]).toEqual([true, [CSR, REGISTER]]);
    expect(account.requests[1]!.body.parameters).toMatchObject({ SerialNumber: "SN=1;2" });
  }));

test("without a key nothing is asked for, and nothing is stored", () =>
  play(async (enter) => {
    const account = new Account();
    const keys = new ScriptedKeys();
    keys.isExhausted = true;
    const { world, send, tried } = board(account, enter, { keys });
    await world.untilState("portal");
    send();
    await tried();
    expect([world.reason, account.requests]).toEqual(["internal", []]);
    expect([...world.store.entries.keys()].filter((key) => /slot|enrolment/.test(key))).toEqual([]);
    keys.isExhausted = false;
    send();
    await tried();
    expect(world.restarted).toBe(true);
  }));

test("a token that is refused is replaced in the same breath, and the lost certificate is named", () =>
  play(async (enter) => {
    const account = new Account();
    account.faults = [done, "lose"];
    const { world, send, tried } = board(account, enter);
    await world.untilState("portal");
    send();
    await tried();
    expect(world.reason).toBe("timeout");
    // Active, but under another name than the policy lets in: the device is refused, and the token is used.
    account.active[0]!.thing = "another";
    send();
    await tried();
    expect(world.restarted).toBe(true);
    expect(account.requests.map(({ topic }) => topic)).toEqual([CSR, REGISTER, REGISTER, CSR, REGISTER]);
    expect(world.notes.filter((note) => note.includes(LOST))).toEqual([expect.stringContaining(account.issued[0]!.id)]);
  }));

/** The template's own people write it, and AWS may add to its replies. */
test.each<[string, object, object, string, boolean]>([
  ["more than it knows, nested", { thingName: "board_1", more: { a: [1, { b: null }] } }, {}, "board_1", false],
  ["no name", { thingName: null, deviceConfiguration: null }, {}, SERIAL, false],
  [
    "members that are nested, null or too long",
    {
      deviceConfiguration: {
        a: { b: 1 },
        c: null,
        d: "x".repeat(300),
        dataTopic: "own/data",
        statusTopic: "own/#",
        e: 1,
      },
      thingName: "board_1",
    },
    { dataTopic: "own/data", statusTopic: "own/#", e: "1" },
    "board_1",
    true,
  ],
  [
    "more than the flash takes",
    {
      deviceConfiguration: Object.fromEntries(Array.from({ length: 16 }, (_, n) => [`n${n}`, "x".repeat(256)])),
      thingName: "board_1",
    },
    Object.fromEntries(Array.from({ length: 11 }, (_, n) => [`n${n}`, "x".repeat(256)])),
    "board_1",
    true,
  ],
])(
  "RegisterThing answers %s: the certificate is active, and the device goes online with it",
  (_name, reply, given, name, isLess) =>
    play(async (enter) => {
      const account = new Account({ thing: () => undefined });
      account.faults = [done, { answer: JSON.stringify(reply) }];
      const { world, send, tried } = board(account, enter);
      await world.untilState("portal");
      send();
      await tried();
      expect(world.restarted).toBe(true);
      const [stored] = world.device.journal.stored(`mqtts://${ENDPOINT}/fleet`);
      if (!stored) throw new Error("nothing is stored");
      expect(stored.credentials.clientId).toBe(name);
      expect(stored.deviceConfiguration ?? {}).toEqual(given);
      expect(stored.credentials.topics.status).toBe(`devices/${name}/status`);
      expect(world.notes.some((note) => note.includes("left out"))).toBe(isLess);
      expect(account.issued).toHaveLength(1);
    }),
);

test("a claim that is refused says so, and nothing is asked", () =>
  play(async (enter) => {
    const account = new Account();
    account.isClaimGood = false;
    const { world, send, tried } = board(account, enter);
    await world.untilState("portal");
    send();
    await tried();
    expect(world.reason).toBe("broker-closed");
    expect(account.requests).toEqual([]);
  }));

/** A blank board in its portal, with a form that hands the claim over. */
function board(
  account: Account,
  enter: (world: World) => void,
  { keys = new ScriptedKeys(), serial = SERIAL, refuses = (): Reason | undefined => undefined } = {},
) {
  const world: World = new World(
    {
      ...goodWorld(),
      broker: (asked) => refuses() ?? account.admit(asked, world.clock.ticksMs()),
      hear: (message) => account.hear(message),
    },
    new ScriptedStore(),
    { keys },
  );
  world.device = { ...world.device, identity: { ...world.device.identity, serial } };
  enter(world);
  world.boot();
  const pem = CLAIM!.certificatePem + CLAIM!.keyPem;
  return {
    world,
    send: () => world.fillIn({ ssid: "Home", password: SECRETS.wifi, url: `mqtts://${ENDPOINT}/fleet`, pem }),
    tried: () => world.until(() => world.restarted || world.phase === "failed"),
  };
}
