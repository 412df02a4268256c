import { type CloudSettings, defaultSettings, type SwitchName, switchNames } from "./switches.js";

const DAY_MS = 86_400_000;

/** The MQTT gateway behind both open servers: it greets everybody, and looks at the password then. */
const gateway = { refusal: "accept-then-close", shortClientIds: true } as const;

/** The servers that were met, each as what makes it different from the deployed, strict ones. */
export const dialects = {
  deployed: { text: "The servers in use: both services, strict", differences: {} },
  newer: {
    text: "Newer device services: a shorter reply, GET as well as POST",
    differences: { replyShape: "sparse", infoByGet: "works" },
  },
  seed: {
    text: "Both services as their contracts are written",
    differences: {
      productIdRequired: false,
      uploadForm: "object",
      replyForm: "seed",
      pendingStatus: 202,
      codeForV1: false,
      endpointForm: "apart",
      configuration: "values",
      serverTime: "none",
      activateBody: "wrapped",
      strictSerials: true,
      keyForm: "text",
    },
  },
  java: {
    text: "xiaozhi's open server with its console (Java)",
    differences: {
      bindingTo: "mac",
      challengeSource: "mac",
      timeoutTold: false,
      activationUrlTold: false,
      codeLifetimeMs: DAY_MS,
      badRequestForm: "java",
      retryAfterForm: "none",
      settingsWhilePending: true,
      firmwareWhilePending: false,
      clientIdForm: "mac",
      clientIdChanges: true,
      configuration: "none",
      serverTime: "zone",
      noFirmware: "absent",
      activateChecked: false,
      activateSuccess: "text",
      ...gateway,
    },
  },
  go: {
    text: "hackers365's server (Go): version 2 in a Payload alone, refusals in plain text",
    differences: {
      activateBody: "wrapped",
      activateV1: false,
      keyForm: "text",
      badRequestForm: "plain",
      configuration: "none",
    },
  },
  python: {
    text: "xiaozhi's open server alone (Python): no codes",
    differences: {
      activationNeeded: false,
      badRequestForm: "python",
      retryAfterForm: "none",
      getText: "python",
      settingsForm: "mqtt",
      clientIdForm: "mac",
      configuration: "none",
      noFirmware: "empty",
      activateRoute: false,
      ...gateway,
    },
  },
} as const satisfies Record<string, { text: string; differences: Partial<CloudSettings> }>;

export type Dialect = keyof typeof dialects;
export const dialectNames = Object.keys(dialects) as Dialect[];

/** The switches of who runs the cloud: how strict it is and how patient. No dialect decides them. */
export const operatorSwitches: ReadonlySet<SwitchName> = new Set([
  "rateLimited",
  "pathPrefix",
  "autoRegister",
  "minimumAnswerMs",
  "holdMs",
]);

const decided = switchNames.filter((name) => !operatorSwitches.has(name));

/** Every switch that dialects decide: all but the operator's. */
export function settingsOf(dialect: Dialect): Partial<CloudSettings> {
  const usual = Object.fromEntries(decided.map((name) => [name, defaultSettings[name]]));
  return { ...usual, ...dialects[dialect].differences };
}

/** The dialect that the cloud speaks now, or null where a single switch is different. */
export function dialectOf(settings: Readonly<CloudSettings>): Dialect | null {
  const speaks = (name: Dialect) =>
    Object.entries(settingsOf(name)).every(([key, value]) => settings[key as SwitchName] === value);
  return dialectNames.find(speaks) ?? null;
}
