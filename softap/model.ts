/** What the captive page shows. */

import type { Failure, Reason } from "../modules/base/failure.js";
import type { AuthorityFacts } from "../modules/settings/authorities.js";
import type { SettingsErrors } from "../modules/settings/settings.js";
import type { Network } from "../modules/wifi/wifi.js";
import type { ShownCode } from "../provisioning/protocol.js";

/** What a trial goes through, in this order. */
export const TRIAL_STEPS = Object.freeze(["associated", "address", "name", "service", "broker"] as const);
export type TrialStep = (typeof TRIAL_STEPS)[number];

/** What is done when this step is. An array of its own: XS does not stringify one that stands in ROM. */
export function stepsUpTo(step: TrialStep): TrialStep[] {
  return TRIAL_STEPS.slice(0, TRIAL_STEPS.indexOf(step) + 1);
}

/** The trial of the settings that were sent last; `done` are the steps that have been reached. */
export type TrialStatus =
  /** Nothing was sent yet; `failure` tells why the portal is open, where something went wrong before. */
  | { readonly phase: "idle"; readonly failure: Failure | undefined }
  | { readonly phase: "trying"; readonly ssid: string; readonly url: string; readonly done: readonly TrialStep[] }
  /** `kept`: the settings were stored before this failure; otherwise the person may keep them anyway. */
  | {
      readonly phase: "failed";
      readonly ssid: string;
      readonly url: string;
      readonly done: readonly TrialStep[];
      readonly failure: Failure;
      readonly kept: boolean;
    }
  /** The settings work; a person has to enter the code somewhere. */
  | { readonly phase: "activating"; readonly ssid: string; readonly url: string; readonly shown: ShownCode }
  /** Everything works, or was kept anyway; the device restarts in a moment. */
  | { readonly phase: "done"; readonly ssid: string; readonly url: string; readonly activated: boolean };

/** Before a code is there all steps are. */
export function stepsDone(status: TrialStatus): readonly TrialStep[] {
  if (status.phase === "trying") return status.done;
  return status.phase === "activating" ? stepsUpTo("service") : [];
}

export interface PageModel {
  /** Goes along with every change: `token` in the form. Hex. */
  readonly token: string;
  /** Of the access point, as a person types it: `http://192.168.4.1/`. */
  readonly address: string;
  /** Where it will be in a moment; undefined where it stays. */
  readonly nextUrl: string | undefined;
  /** What the fields show; never a password. */
  readonly ssid: string;
  readonly url: string;
  /** The build does not let the person change the URL, nor choose a protocol for it. */
  readonly urlLocked: boolean;
  /** One of `PROTOCOL_CHOICES`; anything else is what was sent, and chooses none of them. */
  readonly protocol: string;
  /** An empty password field keeps a password for `ssid` that the device has. */
  readonly hasPassword: boolean;
  readonly errors: SettingsErrors;
  /** What was sent came from a page of an earlier portal: the person has to send it again. */
  readonly stale: boolean;
  /** The visitor may see the state and have the stored settings tried again, and change nothing. */
  readonly locked: boolean;
  /** The person wants the form although a trial is under way. */
  readonly editing: boolean;
  /** In range, strongest first; the page lists some of them. */
  readonly networks: readonly Network[];
  /** A scan is under way. */
  readonly scanning: boolean;
  /** The stored networks' names; the preferred one is tried first. */
  readonly known: readonly { readonly ssid: string; readonly preferred: boolean }[];
  /** A claim certificate with its key is stored. */
  readonly hasClaim: boolean;
  /** For so long it counts still; undefined where that is not known, or long. */
  readonly claimMinutes: number | undefined;
  /** That were handed over here: stored, or on trial. */
  readonly authorities: readonly AuthorityFacts[];
  readonly facts: {
    readonly mac: string;
    readonly serial: string | undefined;
    readonly firmware: string;
    /** Why there is no newer one. */
    readonly firmwareFailure?: Reason | undefined;
  };
  readonly trial: TrialStatus;
}
