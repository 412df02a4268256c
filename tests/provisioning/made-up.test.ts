/** A new protocol touches its own folder and the list: all else follows from there. */
import { expect, test, vi } from "vitest";
import { SLOTS } from "../../modules/identity/keystore.js";
import { checkSettings, SETTINGS, withCandidate } from "../../modules/settings/settings.js";
import type { StoredRecord } from "../../modules/storage/record.js";
import { PROTOCOL_CHOICES } from "../../provisioning/choice.js";
import { Journal } from "../../provisioning/journal.js";
import type { Protocol } from "../../provisioning/protocol.js";
import { Service as Provisioning } from "../../provisioning/service.js";
import { life, MINUTE, pass, withSettings } from "../lifecycle/support.js";
import { answer } from "../scripted/cloud.js";
import { ScriptedStore } from "../scripted/store.js";
import { configurationOf, Service } from "./support.js";

const { madeUp, NOTES } = await vi.hoisted(async () => {
  const records = await import("../../modules/storage/record.js");
  const { success } = await import("../../modules/base/failure.js");
  const { certificatesAlone } = await import("../../provisioning/protocol.js");
  const { checkConfiguration } = await import("../../provisioning/configuration.js");
  const NOTES: StoredRecord<string> = new records.StoredRecord({
    key: "notes",
    encode: (slot: string) => slot,
    decode: (value) => (typeof value === "string" ? value : undefined),
  });
  const madeUp: Protocol = {
    ...certificatesAlone,
    name: "made-up",
    isChoice: true,
    owns: ({ path }) => path === "/made-up",
    detection: {
      url: (address) => ({ ...address, path: "/sign" }),
      isShownBy: ({ body }) => body === "made up",
    },
    records: [NOTES],
    issuedSlot: (store) => (NOTES.read(store) === "slot1" ? "slot1" : undefined),
    async query() {
      const broker = { host: "made-up.example", port: 1883, tls: false, topics: {}, qos: 1 };
      const checked = checkConfiguration({ credentials: { ...broker, clientId: "c", username: "u", password: "p" } });
      return checked.ok ? success({ kind: "configuration", configuration: checked.value }) : checked;
    },
  };
  return { madeUp, NOTES };
});

vi.mock("../../provisioning/protocols.js", async (importOriginal) => {
  const original = await importOriginal<typeof import("../../provisioning/protocols.js")>();
  return { ...original, PROTOCOLS: [...original.PROTOCOLS, madeUp] };
});

const URL = "http://cloud.example.com/api";

test("it may be chosen, and settings keep the choice", () => {
  const typed = { ssid: "Home", password: "12345678", url: URL, protocol: "made-up" };
  const around = { inRange: [], known: [], refusedSsid: undefined, protocols: PROTOCOL_CHOICES };
  const check = checkSettings(typed, around);
  if (!check.ok) throw new Error(JSON.stringify(check));
  const store = new ScriptedStore();
  SETTINGS.write(store, withCandidate(undefined, check.candidate));
  expect(SETTINGS.read(store)?.protocol).toBe("made-up");
});

test("it is asked where it was chosen, and where the address is its own", async () => {
  for (const [choice, url] of [
    ["made-up", URL],
    ["automatic", "http://cloud.example.com/made-up"],
  ] as const) {
    const service = new Service(() => answer(404, ""));
    const found = await service.run(new Provisioning(choice, service.context(url)).query());
    expect(configurationOf(found).credentials.host).toBe("made-up.example");
    expect(service.requests).toEqual([]);
  }
});

test("it is found out, and habits keep that over restarts", async () => {
  const service = new Service(({ url }) => answer(200, url.path === "/sign" ? "made up" : ""));
  const found = await service.run(new Provisioning("automatic", service.context(URL)).query());
  expect(configurationOf(found).credentials.host).toBe("made-up.example");
  const store = new ScriptedStore();
  new Journal(store).learn(URL, service.habits);
  expect(new Journal(new ScriptedStore(store.entries)).habits(URL)).toMatchObject({ protocol: "made-up" });
});

life("a reset erases what it keeps", async ({ boot, warm }) => {
  const world = boot({}, await warm());
  await world.untilState("online");
  NOTES.write(world.store, "slot1");
  world.button.onWish?.("reset");
  await world.until(() => world.restarted);
  const blank = boot({}, world.store, undefined, { resetReason: "software" });
  await blank.untilState("portal");
  await pass(blank, MINUTE);
  expect([...blank.store.entries]).toEqual([]);
});

life("a certificate that its records name stays, one that nothing names goes", async ({ boot }) => {
  const world = boot({}, withSettings(), ({ device, store }) => {
    NOTES.write(store, "slot1");
    for (const slot of SLOTS) device.keystore.write(slot, { chain: [Uint8Array.of(1)], key: Uint8Array.of(2) });
  });
  await world.untilState("online");
  await pass(world, 5 * MINUTE);
  expect(SLOTS.filter((slot) => world.device.keystore.has(slot))).toEqual(["slot1"]);
});
