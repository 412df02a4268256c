/**
 * The one boundary between the SDK and the agent. On XS an exception in a socket or timer callback ends the whole
 * machine (`XS abort: unhandled exception`), so everything that the engine calls is wrapped here: an exception becomes
 * a line on the console and, through `recover`, a failure of the one operation that met it; the device goes on.
 */
export function guarded<T, A extends unknown[]>(
  where: string,
  callback: (this: T, ...args: A) => void,
  recover?: (this: T, error: unknown) => void,
): (this: T, ...args: A) => void {
  return function (this: T, ...args: A) {
    try {
      callback.apply(this, args);
    } catch (error) {
      reportFault(where, error);
      try {
        recover?.call(this, error);
      } catch (second) {
        reportFault(where, second);
      }
    }
  };
}

export function reportFault(where: string, error: unknown): void {
  trace(`fault in ${where}: ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}\n`);
}
