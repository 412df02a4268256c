/** The flasher's page with a mock chip behind its `navigator.serial`, for tests and pictures. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { MockChipOptions } from "../../mocks/chip/chip.js";
import { ROOT } from "../sdk.js";
import { bundle, PAGE } from "./build.js";
import { answerFile } from "./serve.js";

/** `release`: the folder beside the page. */
export function servePage(release?: string): Promise<{ url: string; close: () => void }> {
  return serve({ "/": PAGE, ...(release && { "/release/": release }) });
}

/** On a port of this machine. @param folders by the paths that they stand under, as `answerFile` takes them */
export async function serve(folders: Readonly<Record<string, string>>): Promise<{ url: string; close: () => void }> {
  const server = createServer((request, response) => void answerFile(folders, request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/`, close: () => server.close() };
}

/** A script to be run before the page's own. */
export async function chipScript(): Promise<(options: MockChipOptions) => string> {
  const script = await bundle(join(ROOT, "mocks", "chip", "browser.ts"), "iife");
  return (options) => `globalThis.mockChipOptions = ${JSON.stringify(options)};\n${script}`;
}
