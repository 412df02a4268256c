/**
 * The one boundary between the SDK and the agent. On XS an exception in a socket or timer callback ends the whole
 * machine (`XS abort: unhandled exception`), so everything that the engine calls is caught here: an exception becomes
 * a line on the console and, through `recover`, a failure of the one operation that met it; the device goes on.
 */

import { say } from "../console/adapter.js";
import { printable } from "./failure.js";

/** An error can repeat what came from outside. */
const FAULT_CHARACTERS = 300;

/** Calls `task(target)`. Functions of a module cost no closure (docs/memory.md). */
export function guard<T>(
  where: string,
  task: (target: T) => void,
  target: T,
  recover?: (target: T, error: unknown) => void,
): void {
  try {
    task(target);
  } catch (error) {
    reportFault(where, error);
    if (recover) guard(where, recoverFrom, { target, error, recover });
  }
}

function recoverFrom<T>(fault: { target: T; error: unknown; recover(target: T, error: unknown): void }): void {
  const { recover } = fault;
  recover(fault.target, fault.error);
}

/** For callbacks that are given arguments and no target: a closure, which lives as long as who calls it. */
export function guarded<A extends unknown[]>(
  where: string,
  callback: (...args: A) => void,
  recover?: (error: unknown) => void,
): (...args: A) => void {
  return (...args) => {
    try {
      callback(...args);
    } catch (error) {
      reportFault(where, error);
      if (recover) guard(where, recover, error);
    }
  };
}

/** A flash that takes no change must not keep the device from going on. @returns whether it was made */
export function change(where: string, write: () => void): boolean {
  try {
    write();
    return true;
  } catch (error) {
    reportFault(where, error);
    return false;
  }
}

export function reportFault(where: string, error: unknown): void {
  const what = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  say(`fault in ${where}: ${printable(what, FAULT_CHARACTERS)}`);
}
