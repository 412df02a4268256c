import { expect, test } from "vitest";
import type { MockCloud } from "../../mocks/cloud/cloud.js";
import { browserTest, openPage } from "../browser/browser.js";
import { connectService, query, startCloud } from "./support.js";

const attack = `"><img src=x onerror="document.title='owned'"><script>document.title='owned'</script>`;

/** A device that puts markup wherever it may put text: serial number, topic, payload. */
async function attackedCloud(): Promise<MockCloud> {
  const cloud = await startCloud();
  await query(cloud, { "Serial-Number": attack.slice(0, 60), "Device-Id": "aa:bb:cc:dd:ee:66" });
  const { client, info } = await connectService(cloud);
  await client.publishAsync(`devices/${info.device_uuid}/${attack}`, attack, { qos: 1 });
  await expect.poll(() => cloud.state().messages).toHaveLength(1);
  return cloud;
}

test("the page holds what devices say as text", async () => {
  const cloud = await attackedCloud();
  const html = await (await fetch(cloud.url)).text();
  expect(html).not.toContain("<img");
  expect(html).not.toContain("<script>");
  expect(html).toContain("&lt;img src=x");
  expect(html).toContain("&quot;&gt;&lt;img");
});

test("the page forbids foreign and inline scripts by policy", async () => {
  const cloud = await startCloud();
  const policy = (await fetch(cloud.url)).headers.get("content-security-policy");
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("script-src 'self'");
  expect(policy).not.toContain("unsafe");
});

test("control and direction characters do not reach the list", async () => {
  const cloud = await startCloud();
  await query(cloud, { "Serial-Number": "SN-\u00ad\u0085x" });
  expect(cloud.state().devices[0]!.serial).toBe("SN-??x");
});

browserTest(
  "in a browser: the script keeps the lists fresh, shows markup as text, and focus stays",
  {
    timeout: 180_000,
  },
  async () => {
    const cloud = await attackedCloud();
    const { page, problems } = await openPage();
    await page.goto(cloud.url);
    await page.getByRole("button", { name: "Disable AA:BB:CC:DD:EE:66" }).focus();
    cloud.register("AA:BB:CC:DD:EE:77");
    await page.getByText("AA:BB:CC:DD:EE:77").waitFor();
    expect(await page.locator(":focus").getAttribute("aria-label")).toBe("Disable AA:BB:CC:DD:EE:66");
    expect(await page.locator("#messages pre").textContent()).toBe(attack);
    expect(await page.locator("img").count()).toBe(0);
    expect(await page.title()).toBe("Mock cloud");
    expect(problems).toEqual([]);
  },
);
