/** Every sentence of the captive page. What takes `…: string` gets it as markup, escaped and marked up already. */
import type { Reason } from "../../modules/base/failure.js";
import type { SettingsMistake } from "../../modules/settings/settings.js";
import type { TrialStep } from "../model.js";

export interface Texts {
  /** The language's own name. */
  readonly name: string;
  /** BCP 47, with the region that xiaozhi's clients send. */
  readonly tag: string;
  readonly title: string;

  /** Above the steps. */
  readonly trying: (ssid: string) => string;
  /** While the access point moves to the network's channel. */
  readonly tryingNote: string;
  readonly steps: Readonly<Record<TrialStep, string>>;
  readonly stepStates: Readonly<Record<"done" | "now" | "next" | "bad", string>>;
  readonly failed: (ssid: string) => string;
  /** The portal opened by itself: something went wrong before anybody sent settings. */
  readonly failedBefore: string;
  /** What is wrong and what to do about it. */
  readonly advice: (reason: Reason) => string;
  readonly correct: string;
  readonly keepNote: string;
  readonly keep: string;
  readonly keptNote: string;
  readonly activating: string;
  readonly activateAt: (address: string) => string;
  readonly activatingNote: string;
  readonly change: string;
  readonly done: string;
  readonly activated: string;
  readonly doneNote: (ssid: string) => string;

  /** Nobody has shown that he is at the device: the settings stay as they are. */
  readonly locked: string;
  readonly retry: string;

  readonly stale: string;
  /** With the band: a phone sees others, too. */
  readonly networks: string;
  readonly refresh: string;
  readonly scanning: string;
  readonly noNetworks: string;
  readonly unlisted: (count: number) => string;
  /** The page goes to another address, because the network that is joined has the one that it is at. */
  readonly moving: (address: string) => string;
  /** From weak to strong. */
  readonly signals: readonly [string, string, string, string];
  readonly secured: string;
  readonly open: string;
  readonly ssid: string;
  readonly password: string;
  readonly unchanged: string;
  readonly show: string;
  readonly url: string;
  readonly urlLocked: string;
  /** What most people need not look at. */
  readonly advanced: string;
  readonly protocol: string;
  /** For each of PROTOCOL_CHOICES. */
  readonly protocols: Readonly<Record<string, string>>;
  readonly pem: string;
  readonly pemNote: string;
  readonly pemFile: (address: string) => string;
  readonly claimStored: string;
  /** @param until YYYY-MM-DD */
  readonly trusted: (authority: string, until: string) => string;
  readonly submit: string;
  readonly mistakes: Readonly<Record<SettingsMistake, string>>;

  readonly known: string;
  readonly preferred: (ssid: string) => string;
  readonly prefer: string;
  readonly forget: string;

  readonly facts: Readonly<Record<"mac" | "serial" | "firmware" | "address", string>>;

  /** Of the script, which makes what these stand on. */
  readonly script: Readonly<Record<"other" | "chooseFile" | "reconnecting", string>>;
}
