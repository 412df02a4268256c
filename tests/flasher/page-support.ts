/** The flasher's page in a real browser, with the mock chip behind its `navigator.serial`. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BrowserContextOptions, Page } from "playwright-core";
import { expect, onTestFinished } from "vitest";
import type { MockBoard } from "../../mocks/chip/browser.js";
import type { MockChipOptions } from "../../mocks/chip/chip.js";
import type { VirtualDevice } from "../../mocks/device/virtual-device.js";
import { buildPage } from "../../tools/flasher/build.js";
import { chipScript, servePage } from "../../tools/flasher/stand-in.js";
import { openPage } from "../browser/browser.js";
import { WIFI } from "../journey/support.js";
import { MAC, releaseFiles } from "./support.js";

let built: Promise<Awaited<ReturnType<typeof chipScript>>> | undefined;

/** The page, and the script that puts a chip before it; once for each file of tests. */
async function build() {
  await buildPage();
  return await chipScript();
}

/** Generous: the machine may be busy with other tests. */
export const STEP_MS = 60_000;

export interface FlasherOptions extends BrowserContextOptions {
  readonly chip?: MockChipOptions;
  /** Beside the page; null: none. */
  readonly release?: Map<string, Uint8Array> | null;
  /** False: the browser knows no Web Serial. */
  readonly webSerial?: boolean;
}

export async function openFlasher({
  chip,
  release = releaseFiles(),
  webSerial = true,
  ...options
}: FlasherOptions = {}) {
  built ??= build();
  const script = await built;
  const folder = mkdtempSync(join(tmpdir(), "release-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [path, data] of release ?? []) writeFileSync(join(folder, path), data);
  const { url, close } = await servePage(release ? folder : undefined);
  onTestFinished(close);
  const { page, problems } = await openPage({ locale: "en-US", acceptDownloads: true, ...options });
  await page.addInitScript(webSerial ? script({ mac: MAC, ...chip }) : "delete Navigator.prototype.serial;");
  await page.goto(url);
  if (release && webSerial) await page.locator("#parts").waitFor({ timeout: STEP_MS });
  return { page, problems, folder };
}

/** Something done to the board that the page talks to. */
export async function withBoard<T, A = undefined>(
  page: Page,
  work: (board: MockBoard, argument: A) => T,
  argument?: A,
): Promise<T> {
  return (await page.evaluate(`(${work.toString()})(globalThis.mockBoard, ${JSON.stringify(argument)})`)) as T;
}

export async function flashOf(page: Page, offset: number, length: number): Promise<Uint8Array> {
  const text = await withBoard(
    page,
    ({ chip }, [at, count]) => {
      let bytes = "";
      for (const byte of chip.flash.read(at, count)) bytes += String.fromCharCode(byte);
      return btoa(bytes);
    },
    [offset, length] as [number, number],
  );
  return new Uint8Array(Buffer.from(text, "base64"));
}

/** Puts bytes where other firmware, or this one, has left them. */
export async function program(page: Page, offset: number, data: Uint8Array): Promise<void> {
  await withBoard(
    page,
    ({ chip }, [at, text]) =>
      chip.flash.program(
        at,
        Uint8Array.from(atob(text), (character) => character.charCodeAt(0)),
      ),
    [offset, Buffer.from(data).toString("base64")] as [number, string],
  );
}

export const press = (page: Page, name: string) => page.getByRole("button", { name, exact: true }).click();

export async function connect(page: Page): Promise<void> {
  await press(page, "Connect");
  await page.getByText("Connected.").waitFor({ timeout: STEP_MS });
}

export async function flashAndSee(page: Page): Promise<void> {
  await press(page, "Flash the board");
  await page.getByText("Done. The board holds exactly what was sent").waitFor({ timeout: STEP_MS });
}

/** What the alert says, once it says something. */
export async function failure(page: Page): Promise<string> {
  const alert = page.getByRole("alert");
  await alert.waitFor({ timeout: STEP_MS });
  expect(await alert.evaluate((element) => element === element.ownerDocument.activeElement)).toBe(true);
  return await alert.innerText();
}

/** From now on the application on the chip is this device. */
export async function run(page: Page, device: VirtualDevice): Promise<void> {
  await page.exposeFunction("toDevice", (bytes: number[]) => device.sendOnCable(Uint8Array.from(bytes)));
  await withBoard(page, ({ chip }) => {
    chip.application = (bytes) => (globalThis as unknown as { toDevice(bytes: number[]): void }).toDevice([...bytes]);
  });
  device.on("cable", (bytes) => {
    // The page may be gone already.
    withBoard(page, ({ chip }, told) => chip.tell(Uint8Array.from(told)), [...bytes]).catch(() => {});
  });
  await device.start();
  await device.waitFor("portal", STEP_MS);
}

export async function give(page: Page, { ssid, password } = WIFI): Promise<void> {
  await page.getByLabel("Network", { exact: true }).fill(ssid);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await press(page, "Give it to the board");
}

export const says = (page: Page, text: string) => page.getByText(text).waitFor({ timeout: STEP_MS });
