import { describe, expect, test } from "vitest";
import { installGlobals } from "../../mocks/moddable/globals.js";
import { checksum } from "../../modules/storage/record.js";
import {
  type Configuration,
  checkConfiguration,
  encodeConfiguration,
  type RawConfiguration,
} from "../../provisioning/configuration.js";
import { Journal } from "../../provisioning/journal.js";
import { ScriptedStore } from "../scripted/store.js";

installGlobals();

const URL = "http://one.example.com/";
const OTHER = "http://other.example.com/";

function configuration(password: string, others: Omit<RawConfiguration, "credentials"> = {}): Configuration {
  const credentials = {
    host: "mqtt.example.com",
    port: 1883,
    tls: false,
    clientId: "client",
    username: "user",
    password,
    topics: { status: "s", data: "d" },
    qos: 1,
  };
  const checked = checkConfiguration({ credentials, ...others });
  if (!checked.ok) throw new Error(checked.failure.reason);
  return checked.value;
}

const [first, second, third] = [configuration("first"), configuration("second"), configuration("third")];

function passwords(journal: Journal, url = URL): string[] {
  return journal.stored(url).map(({ credentials }) => credentials.password.reveal());
}

/** What is in flash, read anew as after a restart. */
function reopened(store: ScriptedStore): Journal {
  return new Journal(new ScriptedStore(store.entries));
}

describe("the configuration", () => {
  test("that comes first is in use at once; a newer one stands before it until it is proven", () => {
    const store = new ScriptedStore();
    const journal = new Journal(store);
    expect(journal.keep(URL, first).ok).toBe(true);
    expect(passwords(reopened(store))).toEqual(["first"]);
    expect(journal.keep(URL, second).ok).toBe(true);
    expect(passwords(reopened(store))).toEqual(["second", "first"]);
    expect(journal.prove(URL, second).ok).toBe(true);
    expect(passwords(reopened(store))).toEqual(["second"]);
  });

  test("that the broker refuses goes, the one before stays", () => {
    const store = new ScriptedStore();
    const journal = new Journal(store);
    journal.keep(URL, first);
    journal.keep(URL, second);
    journal.reject(URL, second);
    expect(passwords(reopened(store))).toEqual(["first"]);
    // The one in use is never thrown away: the service may be down, and the broker wrong.
    journal.reject(URL, first);
    expect(passwords(reopened(store))).toEqual(["first"]);
  });

  test("that is not proven gives way to a newer one, and to what is in use already", () => {
    const journal = new Journal(new ScriptedStore());
    journal.keep(URL, first);
    journal.keep(URL, second);
    journal.keep(URL, third);
    expect(passwords(journal)).toEqual(["third", "first"]);
    // An older connection that lasts proves nothing of the newer one.
    journal.prove(URL, first);
    expect(passwords(journal)).toEqual(["third", "first"]);
    journal.keep(URL, first);
    expect(passwords(journal)).toEqual(["first"]);
  });

  test("survives with all that the service said beside it", () => {
    const store = new ScriptedStore();
    const whole = configuration("p", {
      pace: { heartbeatMs: 30_000, dataMs: 90_000, retryAttempts: 3, timeoutMs: 10_000, keepAliveMs: 240_000 },
      websocket: { url: "wss://api.example.com/v1/", token: "ws-token" },
      utcOffsetMinutes: 480,
      standIn: { statusUrl: "http://api.example.com/s", deviceId: "D", deviceSecret: "device-secret" },
    });
    new Journal(store).keep(URL, whole);
    const [read] = reopened(store).stored(URL);
    expect(read).toEqual(whole);
    expect(read?.websocket?.token.reveal()).toBe("ws-token");
    expect(read?.standIn?.deviceSecret.reveal()).toBe("device-secret");
  });

  test("of the layout before is read, and the layout before reads this one", () => {
    const store = new ScriptedStore();
    new Journal(store).keep(URL, configuration("first", { utcOffsetMinutes: 60 }));
    const [frame, json] = /^(.*?:.*?:)(.*)$/.exec(store.entries.get("credentials1")!)!.slice(1) as [string, string];
    const { url, credentials, utcOffsetMinutes, ...others } = JSON.parse(json) as Record<string, unknown>;
    expect({ utcOffsetMinutes, others }).toEqual({ utcOffsetMinutes: 60, others: {} });
    // The firmware before wrote and read these two, and looked at nothing else.
    const old = JSON.stringify({ url, credentials });
    expect(frame).toMatch(/^1:/);
    const before = new ScriptedStore(new Map([["credentials1", `1:${checksum(old)}:${old}`]]));
    expect(passwords(new Journal(before))).toEqual(["first"]);
  });

  test("of the layout before is the same as one of this layout that says nothing new", () => {
    const json = JSON.stringify({ url: URL, credentials: encodeConfiguration(first).credentials });
    const store = new ScriptedStore(new Map([["credentials1", `1:${checksum(json)}:${json}`]]));
    const { operations } = store;
    new Journal(store).keep(URL, first);
    expect(store.operations).toBe(operations);
    expect(json).not.toMatch(/cleanSession|standIn/);
    expect(reopened(store).stored(URL)[0]?.credentials.cleanSession).toBe(true);
  });

  test("whose stand-in makes no sense in flash is there without it", () => {
    const json = (standIn: unknown) => {
      const { credentials } = encodeConfiguration(first);
      const text = JSON.stringify({ url: URL, credentials, standIn });
      return new Journal(new ScriptedStore(new Map([["credentials1", `1:${checksum(text)}:${text}`]])));
    };
    for (const standIn of [null, 1, "x", [], {}, { deviceId: {}, deviceSecret: [], dataUrl: 7 }])
      expect(json(standIn).stored(URL)).toEqual([first]);
  });

  test("costs no flash operation when it is what is stored", () => {
    const store = new ScriptedStore();
    const journal = new Journal(store);
    journal.keep(URL, first);
    const { operations } = store;
    journal.keep(URL, first);
    journal.prove(URL, first);
    journal.eraseOthers(URL);
    expect(store.operations).toBe(operations);
  });
});

describe("certificates", () => {
  const withSlot = (slot: "slot0" | "slot1" | undefined): Configuration => ({
    ...first,
    credentials: { ...first.credentials, certificate: slot },
  });
  const named = (current?: "slot0" | "slot1", candidate?: "slot0" | "slot1") => {
    const journal = new Journal(new ScriptedStore());
    if (current) journal.keep(URL, withSlot(current));
    else if (candidate) journal.keep(URL, second);
    if (candidate) journal.keep(URL, withSlot(candidate));
    return journal;
  };

  test.each([
    [undefined, undefined, "slot0"],
    ["slot0", undefined, "slot1"],
    ["slot1", undefined, "slot0"],
    [undefined, "slot0", "slot1"],
    [undefined, "slot1", "slot0"],
  ] as const)("in use %s, unproven %s: %s is free, and nothing is given up for it", (current, candidate, free) => {
    const journal = named(current, candidate);
    const before = journal.slots();
    expect(journal.freeSlot()).toBe(free);
    expect(journal.slots()).toEqual(before);
  });

  test.each([
    ["slot0", "slot1"],
    ["slot1", "slot0"],
  ] as const)("in use %s, unproven %s: the unproven one is given up before its slot is free", (current, candidate) => {
    const journal = named(current, candidate);
    expect(journal.freeSlot()).toBe(candidate);
    expect(journal.slots()).toEqual([current]);
  });
});

describe("another URL", () => {
  test("does not get what the first service gave, and its first configuration wipes that", () => {
    const store = new ScriptedStore();
    const journal = new Journal(store);
    journal.keep(URL, first);
    journal.keep(URL, second);
    expect(journal.stored(OTHER)).toEqual([]);
    journal.keep(OTHER, third);
    expect(passwords(reopened(store), OTHER)).toEqual(["third"]);
    expect(passwords(reopened(store))).toEqual([]);
    expect([...store.entries.values()].join()).not.toMatch(/first|second/);
  });

  test("in the settings wipes it at the next start", () => {
    const store = new ScriptedStore();
    const journal = new Journal(store);
    journal.keep(URL, first);
    journal.keep(URL, second);
    journal.learn(URL, { protocol: "xiaozhi", wrapped: true });
    journal.eraseOthers(OTHER);
    expect(store.entries.size).toBe(0);
  });
});

describe("habits", () => {
  test("are added to one another, and belong to one service", () => {
    const store = new ScriptedStore();
    const journal = new Journal(store);
    journal.learn(URL, { protocol: "xiaozhi" });
    journal.learn(URL, { wrapped: true });
    expect(reopened(store).habits(URL)).toMatchObject({ protocol: "xiaozhi", wrapped: true });
    journal.learn(URL, { protocol: undefined });
    expect(reopened(store).habits(URL).protocol).toBeUndefined();
    expect(journal.habits(OTHER)).toEqual({});
    journal.learn(OTHER, { textKey: true });
    expect(reopened(store).habits(OTHER)).toMatchObject({ textKey: true });
    expect(reopened(store).habits(OTHER).wrapped).toBeFalsy();
  });

  test("that make no sense in flash are none", () => {
    const store = new ScriptedStore();
    new Journal(store).learn(URL, { protocol: "sorcery" as "xiaozhi" });
    expect(reopened(store).habits(URL).protocol).toBeUndefined();
  });
});

test("a power cut after each flash operation leaves configurations that work, the proven one always among them", () => {
  for (let cutAfter = 1; ; cutAfter++) {
    const entries = new Map<string, string>();
    const store = new ScriptedStore(entries);
    store.cutAfter = cutAfter;
    let done = 0;
    try {
      const journal = new Journal(store);
      for (const step of [
        () => journal.keep(URL, first),
        () => journal.prove(URL, first),
        () => journal.keep(URL, second),
        () => journal.prove(URL, second),
        () => journal.keep(URL, third),
        () => journal.reject(URL, third),
      ]) {
        if (!step().ok) break;
        done++;
      }
    } catch {
      // no power
    }
    const found = passwords(new Journal(new ScriptedStore(entries)));
    // While the second takes the first one's place, either is one that a connection has proven.
    const proven = [[], ["first"], ["first"], ["first", "second"]][done] ?? ["second"];
    if (proven.length)
      expect(
        found.some((one) => proven.includes(one)),
        `cut after ${cutAfter}`,
      ).toBe(true);
    expect(["first", "second", "third"]).toEqual(expect.arrayContaining(found));
    if (store.operations < cutAfter) {
      expect(cutAfter).toBeGreaterThan(6);
      return;
    }
  }
});
