import { expect } from "vitest";
import { browserTest } from "./browser.js";
import { fill, joinPortal, openPortal, save, untilDone } from "./support.js";

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

browserTest.for(names)("%j reaches the device as it is", async (ssid) => {
  const networks = [{ ssid, password: "a-password", rssi: -40 }];
  const device = await openPortal({ radio: { networks } });
  const { page } = await joinPortal(device);
  await page.getByRole("listitem").getByRole("button").first().click();
  await fill(page, { password: "a-password", url: "http://127.0.0.1:1/" });
  await save(page);
  await untilDone(page);
  expect(await page.locator("#status bdi").first().textContent()).toBe(ssid);
  // The radio joins by the very name only.
  await device.waitFor("provisioning", 10_000);
});
