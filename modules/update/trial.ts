/**
 * The trial of a new image: from its first boot until it has been online on MQTT for a while. Until then the bootloader
 * takes it back at any restart, whatever ends the machine. The image before it was online right before the switch: so
 * one that does not come online is to blame, unless the image before it does not come online either.
 */
import type { Reason } from "../base/failure.js";
import type { RestartReason } from "../base/log.js";
import type { Boot } from "./firmware.js";
import type { Pending, TrialEnd } from "./records.js";
import { isSameVersion } from "./version.js";

/** Online for so long in a row an image has proven itself. */
export const TRIAL_ONLINE_MS = 60_000;
/** The Wi-Fi's and the broker's retries have had several turns by then. */
export const TRIAL_LIMIT_MS = 15 * 60_000;
/** The image before it is as quick as this where the world is in order: then the new one is to blame. */
export const BACK_ONLINE_MS = 5 * 60_000;
/** An image whose trials all ended by accident, as by a power cut, is left alone after so many. */
export const MAX_TRIALS = 3;

/** Nothing that the image does (RESET_REASONS, modules/system/system.ts). */
const ACCIDENTS: readonly (string | undefined)[] = ["power-on", "external", "brownout", "usb", "jtag", "power-glitch"];

/** What the start of a machine tells of an update that was under way. */
export type Start =
  | { readonly kind: "nothing" }
  | { readonly kind: "trial" }
  /** It runs and was accepted; the record was not told any more. */
  | { readonly kind: "accepted" }
  /** The power failed before the bootloader was told: it is still to be switched to. */
  | { readonly kind: "not-switched" }
  /** It was taken back. */
  | { readonly kind: "back"; readonly verdict: Verdict };

/** `blamed` is never installed again, `forgiven` is; `open`: whether this image comes online tells. */
export type Verdict =
  | { readonly kind: "blamed"; readonly reason: Reason }
  | { readonly kind: "forgiven"; readonly reason: Reason }
  | { readonly kind: "open" };

export function judgeStart(
  pending: Pending | undefined,
  boot: Boot,
  running: { readonly version: string; readonly reset: string | undefined },
): Start {
  if (boot.onTrial()) return { kind: "trial" };
  if (!pending || pending.stage === "download") return { kind: "nothing" };
  if (pending.stage === "back") return { kind: "back", verdict: { kind: "open" } };
  const { version } = pending.image;
  if (isSameVersion(version, running.version)) return { kind: "accepted" };
  if (pending.stage === "switch" && !isSameVersion(boot.rolledBackVersion() ?? "", version))
    return { kind: "not-switched" };
  return { kind: "back", verdict: judgeEnd(pending, ACCIDENTS.includes(running.reset)) };
}

function judgeEnd({ end, trials }: Pending, isAccident: boolean): Verdict {
  if (end === "offline") return { kind: "open" };
  // What nobody wrote down was sudden: the power, or a crash.
  if (end === "fault" || (end === undefined && !isAccident)) return { kind: "blamed", reason: "firmware-crashed" };
  return { kind: trials < MAX_TRIALS ? "forgiven" : "blamed", reason: "firmware-interrupted" };
}

/** @param ticksMs when the image before it came online */
export function judgeOffline({ trials }: Pending, ticksMs: number): Verdict {
  const isGuilty = ticksMs <= BACK_ONLINE_MS || trials >= MAX_TRIALS;
  return { kind: isGuilty ? "blamed" : "forgiven", reason: "firmware-offline" };
}

/** What a restart of the agent's own during a trial means for the image. */
export function endOf(why: RestartReason): TrialEnd {
  if (why === "fault") return "fault";
  return why === "rollback" ? "offline" : "interrupted";
}
