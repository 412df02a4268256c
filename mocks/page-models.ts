/** What the captive page may have to show, phase by phase. */
import type { PageModel, TrialStatus } from "../softap/model.js";

const FACTS = { mac: "7C:DF:A1:00:00:01", serial: "SN-00000001-7cdfa1000001", firmware: "1.0.0" };
const TRIED = { ssid: "Home", url: "http://provision.example.com/" };

export function pageModel(change: Partial<PageModel> = {}): PageModel {
  return {
    token: "0123456789abcdef0123456789abcdef",
    address: "http://192.168.4.1/",
    nextUrl: undefined,
    ssid: "",
    url: TRIED.url,
    urlLocked: false,
    protocol: "automatic",
    hasPassword: false,
    errors: {},
    stale: false,
    locked: false,
    editing: false,
    networks: [
      { ssid: "Home", rssi: -48, secured: true },
      { ssid: "Café", rssi: -67, secured: false },
      { ssid: "Workshop", rssi: -81, secured: true },
    ],
    scanning: false,
    known: [],
    hasClaim: false,
    claimMinutes: undefined,
    authorities: [],
    facts: FACTS,
    trial: { phase: "idle", failure: undefined },
    ...change,
  };
}

/** As companies call theirs. */
const AUTHORITIES = [{ name: "Example Corporation Issuing CA 2", until: "2036-11-27" }];

/** As much as the device keeps: 20 networks in range, 10 saved ones. */
export function crowdedModel(change: Partial<PageModel> = {}): PageModel {
  const names = Array.from({ length: 20 }, (_, index) => `${"QwErTyUiOpAs".slice(index % 9)}${1000 + index * 37}-net`);
  return pageModel({
    ssid: names[0]!,
    hasPassword: true,
    networks: names.map((ssid, index) => ({ ssid, rssi: -40 - 3 * index, secured: index % 5 > 0 })),
    known: names.slice(0, 10).map((ssid, index) => ({ ssid, preferred: index === 0 })),
    hasClaim: true,
    claimMinutes: 60,
    authorities: AUTHORITIES,
    ...change,
  });
}

/** Every shape that a trial can have. */
export const trials: Readonly<Record<string, TrialStatus>> = {
  idle: { phase: "idle", failure: undefined },
  "idle after a failure": { phase: "idle", failure: { reason: "wifi-password", detail: "Home" } },
  "trying, nothing yet": { phase: "trying", ...TRIED, done: [] },
  trying: { phase: "trying", ...TRIED, done: ["associated", "address"] },
  "failed at the Wi-Fi": {
    phase: "failed",
    ...TRIED,
    done: [],
    failure: { reason: "wifi-password", detail: "Home" },
    kept: false,
  },
  failed: {
    phase: "failed",
    ...TRIED,
    done: ["associated", "address", "name", "service"],
    failure: { reason: "unexpected-status", detail: "HTTP 404" },
    kept: false,
  },
  "failed, the service does not know the device": {
    phase: "failed",
    ...TRIED,
    done: ["associated", "address", "name"],
    failure: { reason: "not-registered", detail: FACTS.mac },
    kept: false,
  },
  "failed at the broker": {
    phase: "failed",
    ...TRIED,
    done: ["associated", "address", "name", "service"],
    failure: { reason: "broker-unreachable", detail: "mqtt.example.com:1883" },
    kept: false,
  },
  "failed, kept": {
    phase: "failed",
    ...TRIED,
    done: ["associated", "address"],
    failure: { reason: "name-unknown", detail: "provision.example.com" },
    kept: true,
  },
  activating: {
    phase: "activating",
    ...TRIED,
    shown: { code: "123456", message: "Enter the code in the console.", url: "https://console.example.com/activate" },
  },
  "activating, a code alone": {
    phase: "activating",
    ...TRIED,
    shown: { code: "AB-12", message: undefined, url: undefined },
  },
  done: { phase: "done", ...TRIED, activated: false },
  "done, activated": { phase: "done", ...TRIED, activated: true },
};
