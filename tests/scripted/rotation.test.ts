import { describe, expect, test } from "vitest";
import { installGlobals } from "../../mocks/moddable/globals.js";
import { Secret } from "../../modules/base/secret.js";
import { ENROLMENT, type Enrolment } from "../../provisioning/fleet/record.js";
import { CSR, ENDPOINT, type Fault, ROTATE } from "./account.js";
import { keyOfRequest } from "./keys.js";
import { play } from "./play.js";
import { command, keyInUse, leafInUse, RotationLife, rotationJourneys } from "./rotation.js";
import type { World } from "./world.js";

installGlobals();

test("the power may fail anywhere", () =>
  play(async (enter) => {
    expect(await rotationJourneys.rotationWithCuts(enter)).toBeGreaterThanOrEqual(10);
  }));

/** A device with its first certificate, online. */
const provisioned = (run: (life: RotationLife, world: World) => Promise<void>) =>
  play(async (enter) => {
    const life = new RotationLife(enter);
    await life.provision();
    const world = life.boot();
    await life.online(world);
    life.account.requests.length = 0;
    await run(life, world);
  });

const answers = (world: World) =>
  world.published.map(({ payload }) => JSON.parse(payload)).filter(({ cmd }) => cmd === "rotate");

async function rotated(life: RotationLife, world: World, request: object = { cmd: "rotate" }): Promise<void> {
  command(world, request);
  await world.until(() => world.state !== "online");
  await life.online(world);
}

describe("on request", () => {
  test("the answer goes out first; the template is the account's, or the one that is named", () =>
    provisioned(async (life, world) => {
      await rotated(life, world);
      expect(answers(world)).toEqual([expect.objectContaining({ ok: true })]);
      expect(life.account.requests.map(({ topic }) => topic)).toEqual([CSR, ROTATE]);
      expect(leafInUse(world)).toEqual(life.account.issued[1]!.leaf);
      await rotated(life, world, { cmd: "rotate", template: "fleet" });
      expect(leafInUse(world)).toEqual(life.account.issued[2]!.leaf);
    }));

  test("right after the connection: one CONNECT a second is what the account takes", () =>
    play(async (enter) => {
      const life = new RotationLife(enter);
      await life.provision();
      const world = life.boot();
      await life.online(world, 0);
      await rotated(life, world);
      expect(life.account.tooSoon).toBe(0);
      expect(leafInUse(world)).toEqual(life.account.issued[1]!.leaf);
    }));

  test.each(["", "no/name", 7, "x".repeat(37)])("the template %j is refused, and the session goes on", (template) =>
    provisioned(async (life, world) => {
      command(world, { cmd: "rotate", template });
      await life.online(world);
      expect(answers(world)).toEqual([expect.objectContaining({ ok: false })]);
      expect(life.account.requests).toEqual([]);
      expect(world.state).toBe("online");
    }),
  );

  test("what the account rejects leaves the certificate in use", () =>
    provisioned(async (life, world) => {
      life.account.faults = [undefined, { reject: { statusCode: 403, errorCode: "AccessDenied", errorMessage: "no" } }];
      await rotated(life, world);
      expect(world.events.map((event) => "reason" in event && event.reason)).toContain("not-registered");
      expect(leafInUse(world)).toEqual(life.account.issued[0]!.leaf);
      expect(world.device.journal.slots()).toHaveLength(1);
    }));

  test("each time by a new key", () =>
    provisioned(async (life, world) => {
      const seen = [keyInUse(world)];
      for (let count = 0; count < 2; count++) {
        await rotated(life, world);
        seen.push(keyInUse(world));
      }
      expect(new Set(seen.map(String)).size).toBe(3);
    }));

  const lost: Fault = { reject: { statusCode: 500, errorCode: "InternalFailure", errorMessage: "out of order" } };

  test("what is asked for again is the key that waits, after a restart, too", () =>
    provisioned(async (life, world) => {
      life.account.faults = ["ignore", lost];
      await rotated(life, world);
      await rotated(life, world);
      expect(leafInUse(world)).toEqual(life.account.issued[0]!.leaf);
      await life.online(life.boot());
      const again = life.boot();
      await life.online(again, 6 * 60_000);
      await rotated(life, again);
      const asked = life.account.requests.filter(({ topic }) => topic === CSR);
      expect(asked.map(({ body }) => keyOfRequest(body.certificateSigningRequest))).toEqual([1, 1, 1]);
      expect(life.keys.made).toBe(2);
      expect(leafInUse(again)).toEqual(life.account.issued[1]!.leaf);
    }));

  test("a key that waits for another account's certificate is erased", () =>
    provisioned(async (life, world) => {
      const { store, keystore } = world.device;
      const url = `mqtts://${ENDPOINT}/another`;
      const [token, createdMs] = [new Secret(""), 0];
      const waiting = {
        url,
        slot: "slot1",
        mark: 0,
        isOwnKey: true,
        certificateId: "",
        token,
        createdMs,
        isSent: false,
      };
      ENROLMENT.write(store, waiting as Enrolment);
      keystore.write("slot1", { chain: [], key: Uint8Array.of(1) });
      await life.online(life.boot(), 6 * 60_000);
      await life.online(life.boot());
      expect([...life.entries.keys()].filter((key) => /^slot|^enrolment/.test(key))).toEqual(["slot0"]);
    }));

  test("right after the one before: what fails leaves the certificate that has brought the wish", () =>
    provisioned(async (life, world) => {
      command(world, { cmd: "rotate" });
      await world.until(() => world.state !== "online");
      await life.online(world, 0);
      const { leaf } = life.account.issued[1]!;
      expect(leafInUse(world)).toEqual(leaf);
      life.account.faults = [lost];
      await rotated(life, world);
      expect(leafInUse(world)).toEqual(leaf);
      const again = life.boot();
      await life.online(again);
      expect(leafInUse(again)).toEqual(leaf);
    }));

  test("a new certificate that is not let in is left for the one before", () =>
    provisioned(async (life, world) => {
      const { account } = life;
      const admit = account.admit.bind(account);
      account.admit = (asked, ticksMs) =>
        account.issued[1]?.isActive && String(asked.identity?.()?.chain[0]) === String(account.issued[1].leaf)
          ? "broker-closed"
          : admit(asked, ticksMs);
      await rotated(life, world);
      expect(leafInUse(world)).toEqual(account.issued[0]!.leaf);
      // It keeps its turn once a day: nothing tells a policy that comes late from one that never comes.
      await life.online(world, 32 * 3_600_000);
      expect(leafInUse(world)).toEqual(account.issued[0]!.leaf);
      expect(account.requests.map(({ topic }) => topic)).toEqual([CSR, ROTATE]);
    }));
});

test.each([
  ["a month before it ends, by itself", Date.UTC(2049, 11, 10), [CSR, ROTATE]],
  ["not earlier", Date.UTC(2049, 10, 10), []],
])("%s", (_name, startMs, expected) =>
  provisioned(async (life, world) => {
    world.clock.startMs = startMs;
    await life.online(world, 32 * 3_600_000);
    expect(life.account.requests.map(({ topic }) => topic).slice(0, 2)).toEqual(expected);
    expect(world.state).toBe("online");
  }),
);
