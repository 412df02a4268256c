import { connect } from "node:net";
import { expect, onTestFinished } from "vitest";
import { browserTest, probes } from "./browser.js";
import {
  field,
  fill,
  HOME,
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
  "a phone is led to the page, a network is chosen, the device takes the settings and restarts",
  { timeout: 180_000 },
  async () => {
    const { cloud, device, page, problems } = await joinKnown();

    const networks = page.getByRole("listitem");
    expect(await networks.allInnerTexts()).toEqual([
      expect.stringMatching(/^Home\s.*strong · password$/s),
      expect.stringMatching(/^Café\s.*good · open$/s),
      expect.stringMatching(/^Workshop\s.*weak · password$/s),
      "Other network…",
    ]);
    await networks.getByText("Home").click();
    expect(await field(page, "ssid").inputValue()).toBe("Home");
    expect(await page.locator(":focus").getAttribute("name")).toBe("password");

    await fill(page, { password: HOME.password, url: cloud.xiaozhiUrl });
    await save(page);
    // The access point changes its channel meanwhile: the page is cut off, and comes back.
    await untilPhase(page, "activating");
    const { code } = device.state!;
    expect(code).toMatch(/^\d{6}$/);
    const text = await page.locator("#status").textContent();
    expect(text).toContain(code);
    expect(text).toContain(cloud.xiaozhiUrl);
    cloud.enterCode(String(code));
    await untilPhase(page, "done");
    expect(page.url()).toBe(`${portalUrl(device)}done?lang=en`);
    expect(await page.locator("#status").textContent()).toMatch(/accepted.*Home/s);
    expect(await page.content()).not.toContain(HOME.password);

    await device.waitFor("online", STEP_MS);
    await expect(page.reload()).rejects.toThrow("ERR_CONNECTION_REFUSED");
    // The last one is the reload's, others are of the time without the access point.
    expect(problems.filter((text) => !/ERR_(CONNECTION|NETWORK|EMPTY)/.test(text))).toEqual([]);
  },
);

browserTest.for(probes.slice(1))("%s leads to the page", async (probe) => {
  const device = await openPortal();
  const { page } = await joinPortal(device);
  await page.goto(probe);
  expect(page.url()).toBe(portalUrl(device));
  await page.getByRole("heading", { name: "Set up this device" }).waitFor();
});

browserTest("the password is hidden until Show is pressed", async () => {
  const { page } = await joinPortal(await openPortal());
  const password = field(page, "password");
  const show = page.getByRole("button", { name: "Show" });
  await password.fill("visible or not");
  const state = async () => [await password.getAttribute("type"), await show.getAttribute("aria-pressed")];
  expect(await state()).toEqual(["password", "false"]);
  await show.click();
  expect(await state()).toEqual(["text", "true"]);
  await show.click();
  expect(await state()).toEqual(["password", "false"]);
  expect(await password.inputValue()).toBe("visible or not");
});

browserTest("another network drops the password that was typed for the first", async () => {
  const { page } = await joinPortal(await openPortal());
  const list = page.getByRole("listitem");
  await list.getByText("Home").click();
  await page.keyboard.type("password of Home");
  await list.getByText("Workshop").click();
  expect(await field(page, "ssid").inputValue()).toBe("Workshop");
  expect(await field(page, "password").inputValue()).toBe("");
});

browserTest("a portal without networks in range asks for the name alone", async () => {
  const cloud = await openCloud();
  const device = await openPortal({ radio: { networks: [], open: true } });
  const { page } = await joinPortal(device);
  expect(await page.getByRole("listitem").allInnerTexts()).toEqual(["Other network…"]);
  await fill(page, { ssid: "Hidden", url: cloud.url });
  await save(page);
  await page.locator("#status").getByText("Hidden").first().waitFor();
});

browserTest("connections that ask for nothing, as browsers open in advance, keep nobody out", async () => {
  const device = await openPortal();
  for (let count = 0; count < 4; count++) {
    const silent = connect(device.portalPort, "127.0.0.1").on("error", () => {});
    onTestFinished(() => void silent.destroy());
    await new Promise((done) => silent.once("connect", done));
  }
  await joinPortal(device);
});
