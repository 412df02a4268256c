import { expect } from "vitest";
import { browserTest } from "./browser.js";
import {
  type Field,
  field,
  fill,
  HOME,
  introduce,
  joinKnown,
  joinPortal,
  mistakes,
  openCloud,
  openPortal,
  STEP_MS,
  save,
  sendMistakes,
  untilPhase,
} from "./support.js";

browserTest.for([true, false])("mistakes come back next to their fields, script: %s", async (javaScriptEnabled) => {
  const cloud = await openCloud();
  const device = await openPortal();
  introduce(cloud, device);
  const { page } = await joinPortal(device, { javaScriptEnabled });
  await sendMistakes(page);

  const said = { ssid: "32 bytes", password: "8 to 63", url: "provisioning address" };
  for (const [name, text] of Object.entries(said)) {
    const input = field(page, name as Field);
    expect(await input.getAttribute("aria-invalid"), name).toBe("true");
    const error = page.locator(`#${await input.getAttribute("aria-describedby")}`);
    expect(await error.textContent()).toContain(text);
    // Below its own field, above the next one.
    expect((await error.boundingBox())!.y).toBeGreaterThan((await input.boundingBox())!.y);
  }
  expect(await field(page, "ssid").inputValue()).toBe(mistakes.ssid);
  expect(await field(page, "url").inputValue()).toBe(mistakes.url);
  expect(await field(page, "password").inputValue()).toBe("");
  expect(await page.content()).not.toContain(mistakes.password);
  expect(device.state?.state).toBe("portal");

  await fill(page, { ...HOME, password: "short", url: cloud.xiaozhiUrl });
  await save(page);
  await expect
    .poll(() => page.locator("[aria-invalid]").evaluateAll((all) => all.map(({ id }) => id)))
    .toEqual(["password"]);
  await fill(page, HOME);
  await save(page);
  await untilPhase(page, "activating");
});

browserTest("empty fields do not leave the phone", async () => {
  const device = await openPortal();
  const { page } = await joinPortal(device);
  let posts = 0;
  page.on("request", (request) => request.method() === "POST" && posts++);
  await save(page);
  expect(await page.locator(":focus").getAttribute("name")).toBe("ssid");
  expect(await page.locator("#ssid:invalid").count()).toBe(1);
  expect(posts).toBe(0);
});

browserTest("a protected network without a password is asked about at once", async () => {
  const device = await openPortal();
  const { page } = await joinPortal(device);
  await fill(page, { ssid: HOME.ssid, url: "http://provision.example.com" });
  await save(page);
  await page.locator("#password[aria-invalid]").waitFor({ timeout: 30_000 });
  await fill(page, { ssid: "Café" });
  await save(page);
  await untilPhase(page, "failed"); // there is no such service
});

browserTest(
  "a wrong Wi-Fi password is said on the page, and the right one goes on from there",
  { timeout: 180_000 },
  async () => {
    const { cloud, device, page } = await joinKnown();
    await fill(page, { ...HOME, password: "not-the-password", url: cloud.xiaozhiUrl });
    await save(page);
    await untilPhase(page, "failed");
    expect(device.state).toMatchObject({ state: "portal", reason: "wifi-password" });
    expect(await page.locator("#status").textContent()).toMatch(/Wi-Fi password is wrong.*Home/);
    expect(await field(page, "ssid").inputValue()).toBe("Home");
    expect(await field(page, "url").inputValue()).toBe(cloud.xiaozhiUrl);
    expect(await field(page, "password").inputValue()).toBe("");
    expect(await page.content()).not.toContain("not-the-password");

    await fill(page, { password: HOME.password });
    await save(page);
    await untilPhase(page, "activating");
    await device.waitFor("activating", STEP_MS);
  },
);
