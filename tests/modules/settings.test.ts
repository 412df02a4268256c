import { describe, expect, test } from "vitest";
import { Secret } from "../../modules/base/secret.js";
import { MAX_URL_CHARACTERS } from "../../modules/data/url.js";
import {
  type Candidate,
  checkSettings,
  SETTINGS,
  type Settings,
  type SettingsMistake,
  type Surroundings,
  utf8Length,
  withCandidate,
  withoutNetwork,
  withPreferred,
} from "../../modules/settings/settings.js";
import { checksum } from "../../modules/storage/record.js";
import type { KnownNetwork, Network } from "../../modules/wifi/wifi.js";
import { PROTOCOL_CHOICES } from "../../provisioning/choice.js";
import { ScriptedStore } from "../scripted/store.js";

const typed = { ssid: "Home", password: "12345678", url: "http://provision.example.com", protocol: "automatic" };
const nowhere: Surroundings = { inRange: [], known: [], refusedSsid: undefined, protocols: PROTOCOL_CHOICES };
const known = (ssid: string, password = "stored-pass", change: Partial<KnownNetwork> = {}): KnownNetwork => ({
  ssid,
  password: new Secret(password),
  hidden: false,
  preferred: false,
  ...change,
});
const inRange = (ssid: string, secured = true): Network => ({ ssid, rssi: -50, secured });

/** The fields that are wrong. */
function wrong(change: Partial<typeof typed>): string[] {
  const check = checkSettings({ ...typed, ...change }, nowhere);
  return check.ok ? [] : Object.keys(check.errors);
}

describe("a network's name", () => {
  test.each([["x"], [" lead and trail "], ["é".repeat(16)], ["文".repeat(10)], ["😀".repeat(8)], ["x".repeat(32)]])(
    "%j is one",
    (ssid) => {
      expect(wrong({ ssid })).toEqual([]);
    },
  );
  test.each([[""], ["x".repeat(33)], ["é".repeat(17)], ["文".repeat(11)], [`${"😀".repeat(8)}x`], ["a\0b"]])(
    "%j is none",
    (ssid) => {
      expect(wrong({ ssid })).toEqual(["ssid"]);
    },
  );
  test("has 32 bytes also where they are no text", () => {
    expect(wrong({ ssid: "\\xd6".repeat(32) })).toEqual([]);
    expect(wrong({ ssid: "\\xd6".repeat(33) })).toEqual(["ssid"]);
  });
  test("is kept as it was typed, spaces and all", () => {
    const check = checkSettings({ ...typed, ssid: "  a b  " }, nowhere);
    expect(check.ok && check.candidate.network.ssid).toBe("  a b  ");
  });
});

describe("a password", () => {
  test.each([[""], ["12345678"], ["x".repeat(63)], [" ~!\"'<>&%+ "], ["0123456789abcdefABCDEF".padEnd(64, "0")]])(
    "%j is one",
    (password) => {
      expect(wrong({ password })).toEqual([]);
    },
  );
  test.each([["1234567"], ["x".repeat(64)], ["a".repeat(65)], ["12345678\n"], ["1234567\0"], ["12345678\u007f"]])(
    "%j is none",
    (password) => {
      expect(wrong({ password })).toEqual(["password"]);
    },
  );
  test.each([
    ["pässword", "ä"],
    ["１２３４５６７８", "１"],
    ["it’s a secret", "’"],
    ["12345678\u00a0", "\u00a0"],
    ["emoji 📶", "📶"],
  ])("%j has a sign outside of ASCII, which is named", (password, sign) => {
    const check = checkSettings({ ...typed, password }, nowhere);
    expect(check).toEqual({ ok: false, errors: { password: "password-sign", sign } });
  });
  test.each<[string, Partial<Surroundings>, string]>([
    ["is the known one, for the same name only", { known: [known("Home")] }, "stored-pass"],
    ["of another name is no known one", { known: [known("home")] }, ""],
    [
      "of the network that was sent last counts first",
      { known: [known("Home", "latest-pass"), known("Home")] },
      "latest-pass",
    ],
    [
      "is right for an open network, whatever is known",
      { known: [known("Home")], inRange: [inRange("Home", false)] },
      "",
    ],
    [
      "of a known network in range is the known one",
      { known: [known("Home")], inRange: [inRange("Home")] },
      "stored-pass",
    ],
    ["of a network that nobody sees may be an open one", { inRange: [inRange("Other")] }, ""],
  ])("that is left empty %s", (_label, around, expected) => {
    const check = checkSettings({ ...typed, password: "" }, { ...nowhere, ...around });
    expect(check.ok && check.candidate.network.password.reveal()).toBe(expected);
  });
  test.each<[string, Partial<Surroundings>, SettingsMistake]>([
    ["of a network that wants one", { inRange: [inRange("Home")] }, "password-needed"],
    [
      "that was open when it was set up, and is not now",
      { inRange: [inRange("Home")], known: [known("Home", "")] },
      "password-needed",
    ],
    ["though the known one was refused", { known: [known("Home")], refusedSsid: "Home" }, "password-refused"],
  ])("that is left empty %s is missing", (_label, around, mistake) => {
    const check = checkSettings({ ...typed, password: "" }, { ...nowhere, ...around });
    expect(check.ok ? {} : check.errors).toEqual({ password: mistake });
  });
});

test("mistakes are named for all fields at once", () => {
  const check = checkSettings({ ssid: "", password: "x", url: "", protocol: "magic" }, nowhere);
  expect(check.ok ? {} : check.errors).toEqual({
    ssid: "ssid-missing",
    password: "password-length",
    url: "url-invalid",
    protocol: "protocol-unknown",
  });
});

test.each(PROTOCOL_CHOICES)("the protocol %s can be chosen", (protocol) => {
  const check = checkSettings({ ...typed, protocol }, nowhere);
  expect(check.ok && check.candidate.protocol).toBe(protocol);
});

test.each(["", "Automatic", "activation-v3", "automatic ", "__proto__", "0"])("the protocol %j is none", (protocol) => {
  expect(wrong({ protocol })).toEqual(["protocol"]);
});

test("a network that no scan shows is hidden", () => {
  const hidden = (around: Surroundings) => {
    const check = checkSettings(typed, around);
    return check.ok && check.candidate.network.hidden;
  };
  expect([hidden(nowhere), hidden({ ...nowhere, inRange: [inRange("Home")] })]).toEqual([true, false]);
});

const names = (settings: Settings) => settings.networks.map(({ ssid }) => ssid);
const candidate = (ssid: string, password = "12345678"): Candidate => ({
  network: known(ssid, password),
  url: "http://a/",
  protocol: "automatic",
});

describe("the known networks", () => {
  test("the one that was set up last comes first, once", () => {
    const settings = ["a", "b", "a"].reduce<Settings | undefined>(
      (stored, ssid, index) => withCandidate(stored, candidate(ssid, `password-${index}`)),
      undefined,
    )!;
    expect(names(settings)).toEqual(["a", "b"]);
    expect(settings.networks[0]!.password.reveal()).toBe("password-2");
  });

  test("are ten at most: the oldest goes, but the preferred one stays", () => {
    let settings: Settings | undefined;
    for (let index = 0; index < 10; index++) settings = withCandidate(settings, candidate(`n${index}`));
    settings = withCandidate(withPreferred(settings!, "n0"), candidate("new"));
    expect(names(settings)).toEqual(["new", "n9", "n8", "n7", "n6", "n5", "n4", "n3", "n2", "n0"]);
  });

  test("one is preferred, also when it is set up again; one can be forgotten", () => {
    let settings = withCandidate(withCandidate(undefined, candidate("a")), candidate("b"));
    settings = withPreferred(withPreferred(settings, "b"), "a");
    settings = withCandidate(settings, candidate("a", "new-password"));
    expect(settings.networks.map(({ ssid, preferred }) => [ssid, preferred])).toEqual([
      ["a", true],
      ["b", false],
    ]);
    expect(names(withoutNetwork(settings, "a"))).toEqual(["b"]);
    expect(names(withoutNetwork(settings, "no such"))).toEqual(["a", "b"]);
  });
});

describe("the record", () => {
  const read = (store: ScriptedStore) => {
    const settings = SETTINGS.read(store);
    return (
      settings && {
        ...settings,
        networks: settings.networks.map((one) => ({ ...one, password: one.password.reveal() })),
      }
    );
  };

  test("what is checked is stored and read as it was", () => {
    const store = new ScriptedStore();
    const check = checkSettings(
      { ssid: "Möwe 😀 \"'", password: '\\u0041 "quote" ', url: "Example.COM:8001/a", protocol: "activation-v2" },
      nowhere,
    );
    if (!check.ok) throw new Error(JSON.stringify(check));
    let settings = withCandidate(withCandidate(undefined, candidate("first", "")), check.candidate);
    settings = withPreferred(settings, "first");
    expect(SETTINGS.write(store, settings).ok).toBe(true);
    expect(read(store)).toEqual({
      networks: [
        { ssid: "Möwe 😀 \"'", password: '\\u0041 "quote" ', hidden: true, preferred: false },
        { ssid: "first", password: "", hidden: false, preferred: true },
      ],
      url: "http://example.com:8001/a",
      protocol: "activation-v2",
    });
  });

  test("ten networks with the longest names and passwords fit", () => {
    const store = new ScriptedStore();
    let settings: Settings | undefined;
    for (let index = 0; index < 10; index++)
      settings = withCandidate(settings, candidate(`${index}${'"'.repeat(31)}`, "\\".repeat(63)));
    const longest = "p".repeat(24);
    settings = { ...settings!, url: `http://example.com/${"a".repeat(MAX_URL_CHARACTERS - 19)}`, protocol: longest };
    settings = withPreferred(settings, names(settings)[3]!);
    expect(SETTINGS.write(store, settings).ok).toBe(true);
    expect(read(store)?.networks).toHaveLength(10);
  });

  test("of the layout before, with one network, is read; and what is written has the first where it was", () => {
    const store = new ScriptedStore();
    const json = '{"ssid":"Old","password":"old-password","url":"http://provision.example.com/"}';
    store.set("settings0", `4:${checksum(json)}:${json}`);
    expect(read(store)).toEqual({
      networks: [{ ssid: "Old", password: "old-password", hidden: false, preferred: false }],
      url: "http://provision.example.com/",
      protocol: "automatic",
    });
    SETTINGS.write(store, withCandidate(SETTINGS.read(store), candidate("New")));
    const written = JSON.parse(store.get("settings1")!.replace(/^\d+:\w+:/, ""));
    // Nothing that firmware before the choice of protocols did not write.
    expect(written).toEqual({
      ssid: "New",
      password: "12345678",
      url: "http://a/",
      others: [{ ssid: "Old", password: "old-password" }],
    });
  });

  test("of newer firmware keeps its protocol, which this one need not have; what is no name leaves it to the device", () => {
    const store = new ScriptedStore();
    const json = (protocol: string) => `{"ssid":"a","password":"","url":"http://a/","protocol":"${protocol}"}`;
    const reading = (protocol: string) => {
      store.set("settings0", `2:${checksum(json(protocol))}:${json(protocol)}`);
      return read(store);
    };
    expect(reading("carrier-pigeon")).toMatchObject({ networks: [{ ssid: "a" }], protocol: "carrier-pigeon" });
    for (const none of ["Carrier pigeon", "", "__proto__", "p".repeat(25)])
      expect(reading(none)).toMatchObject({ networks: [{ ssid: "a" }], protocol: "automatic" });
  });

  test("without any network keeps the address", () => {
    const store = new ScriptedStore();
    SETTINGS.write(store, { networks: [], url: "http://a/", protocol: "automatic" });
    expect(read(store)).toEqual({ networks: [], url: "http://a/", protocol: "automatic" });
  });
});

test.each([
  ["nothing", "null"],
  ["a list", "[]"],
  ["no address", '{"ssid":"a","password":""}'],
  ["an address that is none", '{"ssid":"a","password":"","url":"ftp://a"}'],
])("flash that holds %s has no settings", (_label, json) => {
  const store = new ScriptedStore();
  store.set("settings0", `2:${checksum(json)}:${json}`);
  expect(SETTINGS.read(store)).toBeUndefined();
});

test.each([
  ["an empty name", '{"ssid":"","password":"","url":"http://a/"}'],
  ["a password that is a number", '{"ssid":"a","password":5,"url":"http://a/","others":[{"ssid":7},null,"x"]}'],
])("flash that holds %s has no network", (_label, json) => {
  const store = new ScriptedStore();
  store.set("settings0", `2:${checksum(json)}:${json}`);
  expect(SETTINGS.read(store)).toEqual({ networks: [], url: "http://a/", protocol: "automatic" });
});

test.each(["", "a", "é", "文", "😀", "\0", "a\u0301"])("the length of %j in UTF-8", (text) => {
  expect(utf8Length(text)).toBe(Buffer.byteLength(text));
});
