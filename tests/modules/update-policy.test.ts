/** Whether an offer is taken, and when. */
import { describe, expect, test } from "vitest";
import { isInWindow, parseWindow } from "../../modules/settings/update-window.js";
import { type Circumstances, decide, demandsOf } from "../../modules/update/policy.js";
import { OUTCOMES, type Outcome, PENDING, type Pending, withOutcome } from "../../modules/update/records.js";
import { compareVersions, isSameVersion } from "../../modules/update/version.js";
import { ScriptedStore } from "../scripted/store.js";

const sha256 = "ab".repeat(32);
const offer = {
  ...{ version: "2.0.0", urls: ["http://a.example/", "https://b.example/"], sizeBytes: 1, sha256 },
  ...{ signature: undefined, notes: undefined, force: false },
};
const open = { signed: false, withoutChecksum: false, minimumVersion: undefined };
const signed = { ...open, signed: true };
const NOON = Date.UTC(2026, 5, 1, 12);
const around: Circumstances = {
  ...{ currentVersion: "1.0.0", demands: open, outcomes: [], preferences: {} },
  ...{ nowMs: NOON, utcOffsetMinutes: undefined, isAsked: false, busy: undefined },
};
const decision = (change: Partial<typeof offer>, circumstances: Partial<Circumstances> = {}) =>
  decide({ ...offer, ...change } as typeof offer, { ...around, ...circumstances });

describe("versions", () => {
  // Each is newer than the one before it.
  const ordered = [
    ...["0.9", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1"],
    ...["1.0.0", "v1.2", "1.2.3", "V1.10", "2.0.0", "2.0.0.1", "10"],
  ];
  test("are compared by number, and what comes before a release is older", () => {
    for (const [a, left] of ordered.entries())
      for (const [b, right] of ordered.entries())
        expect(Math.sign(compareVersions(left, right)!), `${left} ${right}`).toBe(Math.sign(a - b));
  });

  test.each([
    ["1.2", "1.2.0.0"],
    ["v2", "2.0"],
    ["1.0-rc.1", "1.0.0-rc.1"],
  ])("%s is %s", (a, b) => {
    expect([compareVersions(a, b), isSameVersion(a, b)]).toEqual([0, true]);
  });

  test("what a build adds does not make it newer, but another one", () => {
    expect([compareVersions("1.0+a", "1.0+b"), isSameVersion("1.0+a", "1.0+b")]).toEqual([0, false]);
  });

  test.each(["", "latest", "1..2", "1.2.", "1.2.3.4.5.6.7", "1.0 ", "1.0-", "1.0-a..b", "9999999999"])(
    "%j is none",
    (text) => {
      expect(compareVersions(text, "1")).toBeUndefined();
    },
  );
});

describe("the window", () => {
  test.each([
    ["02:00-05:00", { startMinute: 120, endMinute: 300 }],
    [" 2:00 - 5:30", { startMinute: 120, endMinute: 330 }],
    ["22:00-24:00", { startMinute: 1320, endMinute: 0 }],
  ])("%j is %j", (text, window) => {
    expect(parseWindow(text)).toEqual(window);
  });

  test.each(["", "2-5", "02:60-03:00", "25:00-26:00", "24:01-25:00", "02:00-02:00", "02:00", "-"])(
    "%j is none",
    (text) => {
      expect(parseWindow(text)).toBeUndefined();
    },
  );

  const at = (hours: number, minutes = 0) => Date.UTC(2026, 0, 1, hours, minutes);
  test.each<[string, number, number, boolean]>([
    ["02:00-05:00", at(1, 59), 0, false],
    ["02:00-05:00", at(2), 0, true],
    ["02:00-05:00", at(4, 59), 0, true],
    ["02:00-05:00", at(5), 0, false],
    ["02:00-05:00", at(20), 480, true],
    ["02:00-05:00", at(7), -300, true],
    ["22:00-06:00", at(23), 0, true],
    ["22:00-06:00", at(5, 59), 0, true],
    ["22:00-06:00", at(6), 0, false],
    ["22:00-24:00", at(23, 59), 0, true],
    ["22:00-24:00", at(0), 0, false],
  ])("%s at %d, %d minutes from UTC: %j", (text, nowMs, offset, expected) => {
    expect(isInWindow(parseWindow(text)!, nowMs, offset)).toBe(expected);
  });
});

describe("an offer", () => {
  const failedWith = (outcome: Outcome["outcome"], hash: string | undefined = sha256): Outcome => ({
    image: { version: "2.0.0", sha256: hash },
    outcome,
  });
  const newer: Outcome = { image: { version: "3", sha256 }, outcome: "installed" };

  test("that is newer is installed, from all of its sources", () => {
    expect(decision({})).toEqual({ kind: "install", urls: offer.urls });
  });

  test.each<[string, Partial<typeof offer>, Partial<Circumstances>]>([
    ["older", { version: "0.9" }, {}],
    ["the same, written otherwise", { version: "v1" }, {}],
    ["no version", { version: "latest" }, {}],
    ["tried before", {}, { outcomes: [failedWith("firmware-crashed")] }],
    ["tried before, long ago", {}, { outcomes: [newer, failedWith("firmware-crashed")] }],
    ["tried before, must be taken", { force: true }, { outcomes: [failedWith("firmware-offline")] }],
    ["tried before, without a checksum then", {}, { outcomes: [failedWith("firmware-crashed", undefined)] }],
    ["installed the last time", {}, { outcomes: [failedWith("installed")] }],
    ["not signed", {}, { demands: { ...signed, withoutChecksum: true } }],
    ["without a checksum", { sha256: undefined as never }, {}],
    [
      "without a checksum, over http",
      { sha256: undefined as never, urls: ["http://a.example/"] },
      { demands: { ...open, withoutChecksum: true } },
    ],
  ])("is left alone: %s", (_what, change, circumstances) => {
    expect(decision(change, circumstances).kind).toBe("refused");
    expect(decision(change, { ...circumstances, isAsked: true }).kind).toBe("refused");
  });

  test("that came spoilt before is left alone as long as nobody asks for it", () => {
    expect(decision({ force: true }, { outcomes: [failedWith("firmware-checksum")] }).kind).toBe("refused");
  });

  test.each<[string, Partial<typeof offer>, Partial<Circumstances>]>([
    ["older, must be taken", { version: "0.9", force: true }, {}],
    ["no version, must be taken", { version: "latest", force: true }, {}],
    ["another file of a version that failed", {}, { outcomes: [failedWith("firmware-crashed", "cd".repeat(32))] }],
    ["installed before the last time", {}, { outcomes: [newer, failedWith("installed")] }],
    ["signed", { signature: "30" as never }, { demands: signed }],
    ["opted out, but asked for", {}, { preferences: { autoUpdate: false }, isAsked: true }],
    ["in the window", {}, { preferences: { updateWindow: "11:00-13:00" } }],
    ["in the window there", {}, { preferences: { updateWindow: "19:00-21:00" }, utcOffsetMinutes: 480 }],
    [
      "in the window there, as the operator says",
      {},
      { preferences: { updateWindow: "06:00-07:00", utcOffsetMinutes: -360 }, utcOffsetMinutes: 480 },
    ],
    ["spoilt on its way before, but asked for", {}, { outcomes: [failedWith("firmware-checksum")], isAsked: true }],
    ["a web page in its place before, but asked for", {}, { outcomes: [failedWith("firmware-image")], isAsked: true }],
    ["out of the window, but asked for", {}, { preferences: { updateWindow: "02:00-05:00" }, isAsked: true }],
    ["no window that makes sense", {}, { preferences: { updateWindow: "never" } }],
  ])("is installed: %s", (_what, change, circumstances) => {
    expect(decision(change, circumstances).kind).toBe("install");
  });

  test.each<[string, string, string | undefined, string]>([
    ["what runs", "", undefined, "1.0.0"],
    ["what runs, where the build says no version", "latest", undefined, "1.0.0"],
    ["the build's, where it is older", "0.9", undefined, "0.9"],
    ["the build's, where it is newer", "1.2", undefined, "1.2"],
    ["the factory's, which raises it", "0.9", "1.1", "1.1"],
    ["the factory's raises it alone", "0.9", "0.1", "0.9"],
    ["the factory's, where it is none", "0.9", "never", "0.9"],
  ])("signed: the minimum is %s", (_what, firmwareMinimumVersion, factoryMinimumVersion, minimumVersion) => {
    const build = { firmwareVersion: "1.0.0", firmwareWithoutChecksum: false, firmwareMinimumVersion };
    expect(demandsOf({ ...build, factoryMinimumVersion }, true).minimumVersion).toBe(minimumVersion);
    expect(demandsOf({ ...build, factoryMinimumVersion }, false).minimumVersion).toBeUndefined();
  });

  test.each<[string, string, string]>([
    ["0.9", "1.0.0", "refused"],
    ["latest", "1.0.0", "refused"],
    ["1.0.0-rc.1", "1.0.0", "refused"],
    ["v1", "1.0.0", "install"],
    ["0.9.1", "0.9", "install"],
    ["1.5", "2", "refused"],
  ])("signed %s, at least %s, must be taken: %s", (version, minimumVersion, kind) => {
    const one = { version, force: true, signature: "30" as never };
    const decided = decision(one, { demands: { ...signed, minimumVersion } });
    expect(decided.kind).toBe(kind);
    if (decided.kind === "refused") expect(decided.failure?.reason).toBe("firmware-old");
  });

  test("without a checksum comes over https alone, where the build allows it", () => {
    const circumstances = { demands: { ...open, withoutChecksum: true } };
    expect(decision({ sha256: undefined as never }, circumstances)).toEqual({
      kind: "install",
      urls: ["https://b.example/"],
    });
  });

  test.each<[object, Partial<Circumstances>, string, string]>([
    [{ sha256: undefined }, {}, "firmware-unverified", "no SHA-256 in the offer"],
    [
      { sha256: undefined, urls: ["http://a.example/"] },
      { demands: { ...open, withoutChecksum: true } },
      "firmware-unverified",
      "no SHA-256 in the offer, and its address is http",
    ],
    [{ mistake: "no address", urls: [] }, {}, "firmware-offer", "no address"],
    [{ mistake: "no version", version: "?" }, {}, "firmware-offer", "no version"],
  ])("%j cannot be used, and says what is wrong", (change, circumstances, reason, detail) => {
    expect(decision(change, circumstances)).toMatchObject({ kind: "refused", failure: { reason, detail } });
  });

  test("that cannot be used is nothing to tell of where it is older", () => {
    expect(decision({ mistake: "no address", version: "0.9", urls: [] } as Partial<typeof offer>)).not.toHaveProperty(
      "failure",
    );
  });

  test.each<[string, Partial<Circumstances>]>([
    ["opted-out", { preferences: { autoUpdate: false } }],
    ["window: 02:00-05:00 UTC", { preferences: { updateWindow: " 2:00 - 5:00" } }],
    ["window: 11:00-13:00 UTC+08:00", { preferences: { updateWindow: "11:00-13:00" }, utcOffsetMinutes: 480 }],
    [
      "window: 11:00-13:00 UTC-03:30",
      { preferences: { updateWindow: "11:00-13:00", utcOffsetMinutes: -210 }, utcOffsetMinutes: 0 },
    ],
    [
      "window: 11:00-13:00 UTC, and the time is not known",
      { preferences: { updateWindow: "11:00-13:00" }, nowMs: undefined },
    ],
    ["busy: battery", { busy: "battery", isAsked: true }],
  ])("waits: %s", (by, circumstances) => {
    expect(decision({}, circumstances)).toEqual({ kind: "postponed", by });
  });
});

describe("what is remembered", () => {
  test("comes back as it was written", () => {
    const store = new ScriptedStore();
    const pending: Pending = {
      ...{ image: { version: "2", sha256 }, stage: "trial", sizeBytes: 9, offsetBytes: 8, etag: '"e"', source: "1f" },
      ...{ mistakes: 1, trials: 2, end: "offline" },
    };
    PENDING.write(store, pending);
    expect(PENDING.read(store)).toEqual(pending);
    const outcomes: Outcome[] = [{ image: { version: "2", sha256: undefined }, outcome: "installed" }];
    OUTCOMES.write(store, outcomes);
    expect(OUTCOMES.read(store)).toEqual(outcomes);
  });

  test("by a newer firmware in other words still counts as a failure", () => {
    const store = new ScriptedStore();
    OUTCOMES.write(store, [{ image: { version: "2", sha256 }, outcome: "firmware-of-the-future" as "installed" }]);
    expect(OUTCOMES.read(store)).toMatchObject([{ outcome: "firmware-image" }]);
  });

  test("of an image is its last outcome, of four images the newest", () => {
    let outcomes: readonly Outcome[] = [];
    for (const version of ["1", "2", "3", "4", "5", "3"])
      outcomes = withOutcome(outcomes, { image: { version, sha256 }, outcome: "firmware-crashed" });
    expect(outcomes.map(({ image }) => image.version)).toEqual(["3", "5", "4", "2"]);
  });
});
