/** Whether an offer is taken, and when. */
import { type Failure, failed } from "../base/failure.js";
import type { Preferences } from "../settings/preferences.js";
import { formatWindow, isInWindow, parseWindow } from "../settings/update-window.js";
import { isSameImage, type Outcome } from "./records.js";
import type { FirmwareOffer, PostponedBy } from "./update.js";
import { compareVersions, isSameVersion, isVersion } from "./version.js";

export interface UpdateBuild {
  readonly firmwareVersion: string;
  /** Firmware without a checksum is taken over https. */
  readonly firmwareWithoutChecksum: boolean;
  /** Signed firmware that is older is not taken; empty: what is older than the one that runs. */
  readonly firmwareMinimumVersion: string;
  /** The factory's, which can only raise it. */
  readonly factoryMinimumVersion?: string | undefined;
}

/** What a build demands of an image. */
export interface Demands {
  /** Every image has to be signed: the build has a key. */
  readonly signed: boolean;
  /** What comes over https may come without a checksum. */
  readonly withoutChecksum: boolean;
  /** Where images have to be signed: what is older was signed once, and is taken no more, whatever the offer says. */
  readonly minimumVersion: string | undefined;
}

export interface Circumstances {
  readonly currentVersion: string;
  readonly demands: Demands;
  readonly outcomes: readonly Outcome[];
  readonly preferences: Preferences;
  /** UTC; undefined while nobody has told the time. */
  readonly nowMs: number | undefined;
  /** By the service; the preferences' own counts before it. */
  readonly utcOffsetMinutes: number | undefined;
  /** Somebody asked for the update. */
  readonly isAsked: boolean;
  /** The application's reason not to be restarted now. */
  readonly busy: string | undefined;
}

export type Decision =
  | { readonly kind: "install"; readonly urls: readonly string[] }
  | { readonly kind: "postponed"; readonly by: PostponedBy }
  | { readonly kind: "refused"; readonly why: string; readonly failure?: Failure };

/** What came may not have been what was offered: whoever is in the network for an hour would bar that for ever. */
const SPOILT: readonly (Outcome["outcome"] | undefined)[] = ["firmware-checksum", "firmware-image"];

/** In the order in which it stays true: what is refused is refused at any time. */
export function decide(offer: FirmwareOffer, around: Circumstances): Decision {
  return refuse(offer, around) ?? postpone(around) ?? { kind: "install", urls: sourcesOf(offer, around.demands) };
}

function refuse(offer: FirmwareOffer, around: Circumstances): Decision | undefined {
  const { currentVersion, outcomes, demands, isAsked } = around;
  const { mistake } = offer;
  const order = compareVersions(offer.version, currentVersion) ?? (mistake === undefined ? 0 : 1);
  if (order <= 0 && !offer.force) return { kind: "refused", why: `it is not newer than ${currentVersion}` };
  const { minimumVersion } = demands;
  if (mistake === undefined && minimumVersion !== undefined && !isAtLeast(offer.version, minimumVersion))
    return {
      kind: "refused",
      why: `it is older than ${minimumVersion}`,
      failure: failed("firmware-old", `${offer.version}, at least ${minimumVersion}`).failure,
    };
  if (mistake !== undefined)
    return { kind: "refused", why: mistake, failure: failed("firmware-offer", mistake).failure };
  const index = outcomes.findIndex(({ image }) => isSameImage(image, offer));
  const outcome = outcomes[index]?.outcome;
  // An image that says another version of itself than its offer does would be installed for ever.
  if (outcome === "installed" && index === 0) return { kind: "refused", why: "it was installed the last time" };
  const isForgiven = isAsked && SPOILT.includes(outcome);
  if (outcome && outcome !== "installed" && !isForgiven)
    return { kind: "refused", why: `it was tried before: ${outcome}` };
  if (demands.signed && !offer.signature)
    return { kind: "refused", why: "it is not signed", failure: failed("firmware-signature", offer.version).failure };
  if (sourcesOf(offer, demands).length === 0)
    return { kind: "refused", why: "it has no checksum", failure: unverified(offer) };
  return undefined;
}

/** What cannot be compared may be older. */
function isAtLeast(version: string, minimum: string): boolean {
  return isSameVersion(version, minimum) || (compareVersions(version, minimum) ?? -1) >= 0;
}

export function demandsOf(build: UpdateBuild, signed: boolean): Demands {
  const { firmwareWithoutChecksum: withoutChecksum } = build;
  return { signed, withoutChecksum, minimumVersion: signed ? minimumVersionOf(build) : undefined };
}

/** What is no version counts as nothing said. */
function minimumVersionOf(build: UpdateBuild): string {
  const { firmwareVersion, firmwareMinimumVersion, factoryMinimumVersion } = build;
  const minimum = isVersion(firmwareMinimumVersion) ? firmwareMinimumVersion : firmwareVersion;
  if (factoryMinimumVersion === undefined) return minimum;
  return (compareVersions(factoryMinimumVersion, minimum) ?? -1) > 0 ? factoryMinimumVersion : minimum;
}

function unverified({ urls }: FirmwareOffer): Failure {
  const isHttp = !urls.some(isHttps);
  return failed("firmware-unverified", `no SHA-256 in the offer${isHttp ? ", and its address is http" : ""}`).failure;
}

function postpone(around: Circumstances): Decision | undefined {
  const { isAsked, busy } = around;
  if (around.preferences.autoUpdate === false && !isAsked) return { kind: "postponed", by: "opted-out" };
  const window = isAsked ? undefined : windowAhead(around);
  if (window !== undefined) return { kind: "postponed", by: `window: ${window}` };
  return busy === undefined ? undefined : { kind: "postponed", by: `busy: ${busy}` };
}

/** @returns which window it has to wait for, and by whose clock; undefined where it is time */
function windowAhead({ preferences, nowMs, utcOffsetMinutes }: Circumstances): string | undefined {
  const window = parseWindow(preferences.updateWindow ?? "");
  if (!window) return undefined;
  const offset = preferences.utcOffsetMinutes ?? utcOffsetMinutes ?? 0;
  if (nowMs === undefined) return `${formatWindow(window, offset)}, and the time is not known`;
  return isInWindow(window, nowMs, offset) ? undefined : formatWindow(window, offset);
}

/** Without a signature that is demanded, and without a checksum, TLS alone can say whose file it is. */
function sourcesOf({ urls, sha256 }: FirmwareOffer, { signed, withoutChecksum }: Demands): readonly string[] {
  if (sha256 || signed) return urls;
  return withoutChecksum ? urls.filter(isHttps) : [];
}

function isHttps(url: string): boolean {
  return url.startsWith("https:");
}
