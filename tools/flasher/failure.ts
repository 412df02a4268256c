import type { ImageFault } from "../../modules/update/simulator/image.js";

/** What can go wrong between this page and a board. What each means and what to do about it stands in the texts. */
export type Reason =
  | "no-web-serial"
  | "no-port"
  | "port-busy"
  | "no-answer"
  | "wrong-chip"
  | "protected"
  | "flash-unknown"
  | "flash-small"
  | "cable-pulled"
  | "flash-corrupt"
  | "line-broken"
  | "held"
  | "release-missing"
  | "release-unreadable"
  | "release-layout"
  | "part-missing"
  | "part-corrupt"
  | "part-absent"
  | "part-misplaced"
  | "part-large"
  | "table-damaged"
  | "table-flash"
  | "slots-chosen"
  | ImageFault
  | "not-started"
  | "settings-damaged"
  | "settings-full"
  | "record-invalid"
  | "record-file"
  | "record-which"
  | "record-other-board";

export interface Failure {
  readonly reason: Reason;
  /** A name or a number that the sentence is about; never a secret. */
  readonly detail: string;
}

export type Outcome<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: Failure };
export type Failed = Extract<Outcome<never>, { ok: false }>;

export function done<T>(value: T): Outcome<T> {
  return { ok: true, value };
}

export function failed(reason: Reason, detail = ""): Failed {
  return { ok: false, failure: { reason, detail } };
}
