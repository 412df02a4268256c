/** At xiaozhi's gateway, which reads a will as user name and password and closes for what else it does not know. */
import { describe, expect } from "vitest";
import { StoredRecord } from "../../modules/storage/record.js";
import { answer, SECRETS } from "../scripted/cloud.js";
import { ScriptedStore } from "../scripted/store.js";
import type { World } from "../scripted/world.js";
import { life, MINUTE, pass, withSettings } from "./support.js";

const URL = "http://cloud.example.com/ota/";
const SETTINGS = {
  endpoint: "mqtt.example.com:1883",
  ...{ client_id: "GID_x@@@aa_bb@@@c", username: "u", password: SECRETS.mqtt },
  ...{ publish_topic: "device-server", subscribe_topic: "devices/p2p/aa_bb" },
};
/** As firmware before wrote it, letter by letter. */
const STORED = {
  url: URL,
  credentials: {
    ...{ host: "mqtt.example.com", port: 1883, tls: false, clientId: "GID_x@@@aa_bb@@@c", username: "u" },
    ...{ topics: { control: "devices/p2p/aa_bb", data: "device-server", status: "device-server" } },
    ...{ qos: 0, password: SECRETS.mqtt },
  },
};

function expectReferenceSession(world: World): void {
  const { will, keepAliveMs, qos, username } = world.session!.options;
  expect({ will, keepAliveMs, qos, username }).toEqual({
    will: undefined,
    keepAliveMs: 240_000,
    qos: 0,
    username: "u",
  });
}

describe("no will, nothing retained, the reference's keep-alive", () => {
  life("with what the service answers, for ten minutes", async ({ boot }) => {
    const world = boot({ http: () => answer(200, { mqtt: SETTINGS }) }, withSettings(URL));
    await world.untilState("online");
    expectReferenceSession(world);
    await pass(world, 10 * MINUTE);
    expect(world.state).toBe("online");
    expect(world.published).toEqual([]);
    expect(world.broker.cleared).toEqual([]);
  });

  life("with what older firmware has stored, which is not written anew", async ({ boot }) => {
    const store = withSettings(URL);
    const record = { key: "credentials", encode: (value: object) => value, decode: () => undefined };
    new StoredRecord<object>(record).write(store, STORED);
    const before = new Map(store.entries);
    const world = boot({ http: () => answer(200, { mqtt: SETTINGS }) }, new ScriptedStore(store.entries));
    await world.untilState("online");
    expect(world.requests).toEqual([]);
    expectReferenceSession(world);
    // The service says the same after some minutes: nothing of it is new.
    await pass(world, 10 * MINUTE);
    expect(world.requests.length).toBeGreaterThan(0);
    const credentials = (entries: ReadonlyMap<string, string>) =>
      [...entries].filter(([key]) => /^(credentials|candidate)/.test(key));
    expect(credentials(world.store.entries)).toEqual(credentials(before));
  });

  life("a keep-alive that the service asks for counts", async ({ boot }) => {
    const mqtt = { ...SETTINGS, keepalive: 90 };
    const world = boot({ http: () => answer(200, { mqtt }) }, withSettings(URL));
    await world.untilState("online");
    expect(world.session!.options.keepAliveMs).toBe(90_000);
  });
});
