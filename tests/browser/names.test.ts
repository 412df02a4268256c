import { expect } from "vitest";
import { browserTest } from "./browser.js";
import { field, fill, joinPortal, openPortal, save } from "./support.js";

/** At most 32 bytes each. */
const names = [
  `"quotes" 'and' &amp; <b>more</b>`,
  `"><img src=x onerror=alert(1)>`,
  "</script><script>alert(2)//",
  "🚀 Крыша ☕",
  "  spaces  around  ",
  "مقهى Wi-Fi",
  "W".repeat(32),
];

browserTest("any name is shown as text and chosen exactly", async () => {
  const networks = names.map((ssid, index) => ({ ssid, password: "a-password", rssi: -40 - index }));
  const { page, problems } = await joinPortal(await openPortal({ radio: { networks } }));
  page.on("dialog", (dialog) => problems.push(`a dialog: ${dialog.message()}`));
  const buttons = page.getByRole("listitem").getByRole("button");
  expect(await buttons.locator("b").allTextContents()).toEqual(names);
  expect(await page.locator("img").count()).toBe(0);
  for (const [index, name] of names.entries()) {
    await buttons.nth(index).click();
    expect(await field(page, "ssid").inputValue()).toBe(name);
  }
  expect(await page.locator("datalist option").evaluateAll((all) => all.map(({ value }) => value))).toEqual(names);
  expect(problems).toEqual([]);
});

browserTest.for(names)("%j reaches the device as it is", async (ssid) => {
  const networks = [{ ssid, password: "a-password", rssi: -40 }];
  const device = await openPortal({ radio: { networks } });
  const { page } = await joinPortal(device);
  await page.getByRole("listitem").getByRole("button").click();
  await fill(page, { password: "a-password", url: "http://127.0.0.1:1/" });
  await save(page);
  await page.getByRole("heading", { name: "Saved" }).waitFor();
  expect(await page.getByRole("status").locator("strong").first().textContent()).toBe(ssid);
  // The radio joins by the very name only.
  await device.waitFor("provisioning", 10_000);
});
