import { expect } from "vitest";
import { browserTest, openPage } from "./browser.js";
import { fill, HOME, introduce, joinPortal, openCloud, openPortal, STEP_MS, save, untilPhase } from "./support.js";

browserTest.for([true, false])(
  "from the captive page over the six digits to the broker, script: %s",
  { timeout: 60_000 },
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
