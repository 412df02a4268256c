/** A virtual device in its portal, and a browser in front of it. */
import type { Page } from "playwright-core";
import { expect } from "vitest";
import type { VirtualDevice, VirtualDeviceOptions } from "../../mocks/device/virtual-device.js";
import type { TrialStatus } from "../../softap/model.js";
import { introduce, openCloud, openDevice, STEP_MS } from "../journey/support.js";
import { openPage, type PageOptions, probes } from "./browser.js";

export { introduce, openCloud, STEP_MS, until } from "../journey/support.js";

export const HOME = { ssid: "Home", password: "a-wifi-password" };
export const NETWORKS = [
  { ...HOME, rssi: -48 },
  { ssid: "Café", rssi: -70 },
  { ssid: "Workshop", password: "left-handed", rssi: -82 },
];

export const labels = { ssid: "Wi-Fi network", password: "Wi-Fi password", url: "Provisioning address" } as const;
export type Field = keyof typeof labels;

/** Blank, switched on, waiting in its portal. */
export async function openPortal(options: VirtualDeviceOptions = {}): Promise<VirtualDevice> {
  const device = openDevice({ radio: { networks: NETWORKS }, ...options });
  await device.start();
  await device.waitFor("portal", STEP_MS);
  return device;
}

/** The captive page as a phone finds it: its probe is sent there. */
export async function joinPortal(device: VirtualDevice, options: PageOptions = {}) {
  const opened = await openPage({ captivePort: device.portalPort, ...options });
  await opened.page.goto(probes[0]);
  expect(opened.page.url()).toBe(portalUrl(device));
  return opened;
}

/** The page of a device whose serial number and key the cloud knows. */
export async function joinKnown() {
  const cloud = await openCloud();
  const device = await openPortal();
  introduce(cloud, device);
  return { cloud, device, ...(await joinPortal(device)) };
}

export function portalUrl(device: VirtualDevice): string {
  return `http://127.0.0.1:${device.portalPort}/`;
}

export function field(page: Page, name: Field) {
  return page.getByLabel(labels[name], { exact: true });
}

export async function fill(page: Page, values: Partial<Record<Field, string>>): Promise<void> {
  for (const [name, value] of Object.entries(values)) await field(page, name as Field).fill(value);
}

/** The trial, as the page shows it; without a script the page reloads itself. */
export async function untilPhase(page: Page, phase: TrialStatus["phase"]): Promise<void> {
  await page.locator(`#status[data-phase=${phase}]`).waitFor({ timeout: STEP_MS });
}

export async function save(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Save and connect" }).click();
}

/** The form with what the device cannot take in any field. */
export async function sendMistakes(page: Page): Promise<void> {
  await fill(page, mistakes);
  await save(page);
  await page.locator("[aria-invalid]").first().waitFor();
}

/** A name of 33 bytes, a password of 5 characters, an address that is none. */
export const mistakes = { ssid: `${"é".repeat(16)}x`, password: "short", url: "ftp://provision.example.com" } as const;
