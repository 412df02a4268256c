/** What the page is doing, as a value: every change of it is an event, and nothing else is remembered elsewhere. */
import type { BoardFacts } from "./board.js";
import type { Failure } from "./failure.js";
import type { Progress } from "./progress.js";
import type { LoadedRelease } from "./release.js";
import type { WiFi } from "./wifi.js";

export interface Found {
  readonly board: BoardFacts;
  /** Of the factory record that is there. */
  readonly serial: string | undefined;
}

export type Phase =
  | { readonly name: "idle" }
  | { readonly name: "connecting" }
  /** The board waits in download mode. */
  | ({ readonly name: "ready" } & Found)
  | ({ readonly name: "writing"; readonly progress: Progress | undefined } & Found)
  /** What is in flash runs, and its console is read. */
  | { readonly name: "listening"; readonly start: Start; readonly wifi?: WiFi };

/** What the console has shown of a start that was asked for. */
export type Start = "awaited" | "shown" | undefined;

export type ReleaseState =
  | { readonly name: "none"; readonly failure: Failure | undefined }
  | { readonly name: "checking" }
  | { readonly name: "checked"; readonly release: LoadedRelease };

export interface State {
  readonly phase: Phase;
  readonly release: ReleaseState;
  /** Between page and board. */
  readonly failure: Failure | undefined;
  /** What went well last. */
  readonly success: "flashed" | "reset" | undefined;
}

export type Event =
  | { readonly type: "connecting" }
  | ({ readonly type: "connected" } & Found)
  | { readonly type: "writing" }
  | { readonly type: "progress"; readonly progress: Progress }
  /** `failure`: it went well, and what was written does not start by itself. */
  | { readonly type: "written"; readonly success: "flashed" | "reset"; readonly failure?: Failure }
  | { readonly type: "listening" }
  /** The board was reset, and its first line is waited for. */
  | { readonly type: "starting" }
  | { readonly type: "started" }
  | { readonly type: "not-started"; readonly failure: Failure }
  | { readonly type: "wifi"; readonly wifi: WiFi }
  | { readonly type: "closed" }
  | { readonly type: "checking" }
  | { readonly type: "checked"; readonly release: LoadedRelease }
  /** `stays`: the board is still there; something else has to be changed. */
  | { readonly type: "failed"; readonly failure: Failure; readonly stays: boolean }
  | { readonly type: "release-failed"; readonly failure: Failure };

export const start: State = {
  phase: { name: "idle" },
  release: { name: "none", failure: undefined },
  failure: undefined,
  success: undefined,
};

export function next(state: State, event: Event): State {
  const quiet = { ...state, failure: undefined, success: undefined };
  switch (event.type) {
    case "connecting":
      return { ...quiet, phase: { name: "connecting" } };
    case "connected":
      return { ...quiet, phase: { name: "ready", board: event.board, serial: event.serial } };
    case "writing":
      return state.phase.name === "ready"
        ? { ...quiet, phase: { ...state.phase, name: "writing", progress: undefined } }
        : state;
    case "progress":
      return state.phase.name === "writing" ? { ...state, phase: { ...state.phase, progress: event.progress } } : state;
    case "written":
      return { ...quiet, success: event.success, failure: event.failure, phase: { name: "idle" } };
    case "listening":
      // What was said before is still worth reading.
      return { ...state, failure: undefined, phase: listening(undefined) };
    case "starting":
      return state.phase.name === "listening" ? { ...state, failure: undefined, phase: listening("awaited") } : state;
    case "started":
      return state.phase.name === "listening" ? { ...state, phase: listening("shown") } : state;
    case "not-started":
      return state.phase.name === "listening"
        ? { ...state, failure: event.failure, phase: listening(undefined) }
        : state;
    case "wifi":
      return state.phase.name === "listening" ? { ...state, phase: { ...state.phase, wifi: event.wifi } } : state;
    case "closed":
      return { ...state, phase: { name: "idle" } };
    case "checking":
      return { ...state, release: { name: "checking" } };
    case "checked":
      return { ...state, release: { name: "checked", release: event.release } };
    case "release-failed":
      return { ...state, release: { name: "none", failure: event.failure } };
    case "failed":
      return { ...quiet, failure: event.failure, phase: event.stays ? back(state.phase) : { name: "idle" } };
  }
}

function listening(start: Start): Phase {
  return { name: "listening", start };
}

/** Where a refused wish leads: to the board as it was. */
function back(phase: Phase): Phase {
  return phase.name === "writing" ? { name: "ready", board: phase.board, serial: phase.serial } : phase;
}

/** The one to show: that of the board comes from what a person did last. */
export function failureOf({ failure, release }: State): Failure | undefined {
  return failure ?? (release.name === "none" ? release.failure : undefined);
}

export interface Allowed {
  readonly connect: boolean;
  readonly disconnect: boolean;
  readonly flash: boolean;
  readonly reset: boolean;
  readonly listen: boolean;
  readonly restart: boolean;
  /** The board is given its Wi-Fi. */
  readonly join: boolean;
  /** Files, record, wishes. */
  readonly choose: boolean;
}

export function allowed({ phase, release }: State): Allowed {
  const { name } = phase;
  return {
    connect: name === "idle" || name === "listening",
    disconnect: name === "ready",
    flash: name === "ready" && release.name === "checked",
    reset: name === "ready" || name === "listening",
    listen: name === "idle",
    restart: name === "listening",
    join: name === "listening" && phase.wifi?.name !== "asking",
    choose: name !== "writing" && release.name !== "checking",
  };
}
