import { expect, test } from "vitest";
import type { VirtualDevice } from "../../mocks/device/virtual-device.js";
import { readPage, sendForm, watchTrial } from "../../mocks/phone.js";
import { fillIn, introduce, openCloud, openDevice, portalUrl, STEP_MS, until, writeNvsOf } from "./support.js";

/** One journey with the power cut after the n-th flash operation. @returns the operations it took in all */
async function journey(powerCutAfterWrites: number): Promise<number> {
  const cloud = await openCloud();
  const device = openDevice({ faults: { powerCutAfterWrites } });
  let confirmed = false;
  let powerCuts = 0;
  let operations = 0;
  const settled = () =>
    until("change", () => ["portal", "activating", "online"].includes(device.state?.state ?? "") || off);
  let off = false;
  device.on("exit", () => {
    off = true;
  });
  await device.start();
  introduce(cloud, device);
  for (let step = 0; step < 12; step++) {
    await settled();
    if (off) {
      powerCuts++;
      operations += device.writesSinceStart;
      off = false;
      await device.start();
      continue;
    }
    const { state, code } = device.state!;
    if (state === "online") break;
    if (state === "portal") {
      expect(confirmed, `cut after ${powerCutAfterWrites}: confirmed settings are lost`).toBe(false);
      await fillIn(device, cloud.xiaozhiUrl).catch(() => undefined);
      const status = await seen(device, () => off);
      // Its being told is what keeps them: the power may fail right then.
      confirmed = status !== undefined && !off;
      await until("restart", () => off || device.state?.state !== "portal");
    } else {
      cloud.enterCode(String(code));
      await until("activation", () => off || device.state?.state !== "activating");
    }
  }
  expect(device.state?.state, `cut after ${powerCutAfterWrites}`).toBe("online");
  expect(powerCuts).toBeLessThanOrEqual(1);
  operations += device.writesSinceStart;
  await device.stop();
  return powerCuts ? operations : 0;
}

// Every cut there is, and two in a life, is tests/scripted/power.test.ts; here are the flash's image and real sockets.
test.each([1, 3])(
  "a power cut after flash operation %i ends online, with nothing lost that was confirmed",
  async (cut) => {
    // The made-up UUID, the settings and the credentials at the least.
    expect(await journey(cut)).toBeGreaterThan(3);
  },
  180_000,
);

// Every cut of a record's change is tests/modules/record.test.ts.
test.each([1, 2])(
  "a power cut after operation %i in the change of settings leaves the old or the new ones",
  async (cut) => {
    const cloud = await openCloud({ autoRegister: true });
    const device = openDevice();
    await device.start();
    await device.waitFor("portal", STEP_MS);
    await keep(device, `${cloud.url}/old`);
    await device.stop();

    // Twice, so that a slot is overwritten: the portal asked for by flash, as the command does.
    let wasCut = false;
    device.faults = { powerCutAfterWrites: cut };
    device.on("exit", (reason) => {
      wasCut ||= reason === "power cut";
    });
    for (const url of [`${cloud.url}/new`, `${cloud.url}/newer`]) {
      if (wasCut) break;
      askForPortal(device);
      await device.start();
      await until("portal", () => wasCut || device.state?.state === "portal");
      const kept = wasCut ? undefined : keep(device, url).catch(() => undefined);
      await until("restart", () => wasCut || device.state?.state === "restarting" || device.state?.to === "broker");
      await kept;
      if (!wasCut) await device.stop();
    }
    expect(wasCut).toBe(true);
    device.faults = {};
    askForPortal(device);
    await device.start();
    await device.waitFor("portal", STEP_MS);
    const page = await readPage(portalUrl(device));
    expect(page, `cut after ${cut}`).toMatch(/id="ssid"[^>]*value="Home"/);
    expect(page, `cut after ${cut}`).toMatch(/id="url"[^>]*value="http:\/\/127.0.0.1:\d+\/(old|new|newer)"/);
    expect(page, `cut after ${cut}`).toContain('placeholder="unchanged"');
    await device.stop();
  },
  180_000,
);

/** Watches the page until it tells that the settings work, and with that keeps them. */
function seen(device: VirtualDevice, isOff: () => boolean): Promise<unknown> {
  return Promise.race([
    watchTrial(portalUrl(device), ["activating", "done"], STEP_MS).catch(() => undefined),
    until("power cut", isOff).catch(() => undefined),
  ]);
}

/** Settings that do not work, kept anyway: there is nothing at this address. */
async function keep(device: VirtualDevice, url: string): Promise<void> {
  await fillIn(device, url);
  await watchTrial(portalUrl(device), ["failed"], STEP_MS);
  await sendForm(portalUrl(device), {}, "keep");
}

/** What the command `portal` leaves in flash; written while the device is off. */
function askForPortal(device: VirtualDevice): void {
  writeNvsOf(device, "agent", "portal", "1");
}
