import { expect } from "vitest";
import { browserTest, openPage } from "./browser.js";
import {
  fill,
  HOME,
  introduce,
  joinKnown,
  joinPortal,
  openCloud,
  openPortal,
  portalUrl,
  STEP_MS,
  save,
  untilPhase,
} from "./support.js";

browserTest(
  "a code that is asked for in the field stands on the page that opens then",
  { timeout: 180_000 },
  async () => {
    const { cloud, device, page } = await joinKnown();
    await fill(page, { ...HOME, url: cloud.xiaozhiUrl });
    await save(page);
    await untilPhase(page, "activating");
    // The power fails, and the settings are there.
    await device.stop();
    await device.start();
    await device.waitFor("activating", STEP_MS);
    await page.goto(portalUrl(device));
    await untilPhase(page, "activating");
    const { code } = device.state!;
    expect(await page.locator(".code").textContent()).toBe(code);
    cloud.enterCode(String(code));
    await untilPhase(page, "done");
    await device.waitFor("online", STEP_MS);
  },
);

browserTest.for([true, false])(
  "from the captive page over the six digits to the broker, script: %s",
  { timeout: 180_000 },
  async (javaScriptEnabled) => {
    const cloud = await openCloud();
    const device = await openPortal();
    introduce(cloud, device);
    const phone = await joinPortal(device, { javaScriptEnabled });
    await fill(phone.page, { ...HOME, url: cloud.xiaozhiUrl });
    await save(phone.page);
    await untilPhase(phone.page, "activating");
    const { code } = device.state!;
    const { page, problems } = await openPage({ javaScriptEnabled });
    await page.goto(`${cloud.url}/activate`);
    await page.getByLabel("Code on the device").pressSequentially(String(code));
    await page.keyboard.press("Enter");
    await page.getByRole("status").getByText("That worked").waitFor();
    await untilPhase(phone.page, "done");
    await device.waitFor("online", STEP_MS);
    expect(cloud.isOnline(device.identity!.mac)).toBe(true);

    await page.getByRole("link", { name: "All devices" }).click();
    await page.getByRole("listitem").getByText("Online", { exact: true }).waitFor();
    expect(problems).toEqual([]);
  },
);
