/** For the tests of the mocks: waiting, collecting, and the SDK's own modules where it is checked out. */
import { pathToFileURL } from "node:url";
import { installGlobals } from "../../mocks/moddable/globals.js";

export { pause, until } from "../fair-time.js";

installGlobals();

export const text = (buffer: ArrayBuffer | undefined): string => (buffer ? Buffer.from(buffer).toString("utf8") : "");

/** The resolver that an application hands to the SDK's clients. */
export class Resolver {
  resolve(options: { host: string; onResolved(host: string, address: string): void; onError(): void }): void {
    if (options.host.endsWith(".invalid")) setImmediate(() => options.onError());
    else setImmediate(() => options.onResolved(options.host, "127.0.0.1"));
  }
}

/**
 * The mock, and beside it the SDK's own module (of JavaScript) when the environment names a checkout in MODDABLE:
 * what holds for the one has to hold for the other.
 */
export async function implementations<Module>(mock: Module, sdkFile: string): Promise<[name: string, Module][]> {
  const sdk = process.env.MODDABLE;
  if (!sdk) return [["mock", mock]];
  const module = (await import(/* @vite-ignore */ pathToFileURL(`${sdk}/${sdkFile}`).href)) as { default: Module };
  return [
    ["mock", mock],
    ["SDK", module.default],
  ];
}
