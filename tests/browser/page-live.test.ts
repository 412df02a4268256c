/** What the captive page's script adds: it follows the trial and the scan, and loses nothing that was typed. */
import type { Page } from "playwright-core";
import { expect } from "vitest";
import { pageModel, trials } from "../../mocks/page-models.js";
import { browserTest, openPage } from "./browser.js";
import { type PageServer, servePage } from "./page-server.js";

const POLL_MS = 1_000;
const status = (page: Page) => page.locator("#status");

async function openPhase(phase: keyof typeof trials): Promise<{ page: Page; server: PageServer; problems: string[] }> {
  const server = await servePage(pageModel({ trial: trials[phase]! }));
  const { page, problems } = await openPage();
  await page.goto(server.url);
  return { page, server, problems };
}

async function states(page: Page): Promise<string[]> {
  return page.locator("ol li small").allTextContents();
}

browserTest("each step shows as it happens, then the code, and at the end the page navigates", async () => {
  const { page, server, problems } = await openPhase("trying, nothing yet");
  expect(await states(page)).toEqual(["in progress", "not yet", "not yet", "not yet", "not yet"]);
  server.set({ trial: trials.trying! });
  await expect
    .poll(() => states(page), { timeout: 30_000 })
    .toEqual(["done", "done", "in progress", "not yet", "not yet"]);

  server.set({ trial: trials.activating! });
  await status(page).getByText("Enter this code").waitFor();
  expect(await page.locator(".code").textContent()).toBe("123456");
  expect(await page.getByRole("link", { name: "https://console.example.com/activate" }).count()).toBe(1);

  let navigations = 0;
  page.on("framenavigated", () => navigations++);
  server.set({ trial: trials["done, activated"]! });
  await page.waitForURL("**/done?lang=en");
  expect(navigations).toBe(1);
  expect(server.asked).toContain("GET /done");
  await status(page).getByText("The code was accepted.").waitFor();
  expect(await page.locator("form").count()).toBe(0);
  expect(problems).toEqual([]);
});

browserTest("a failure takes the focus, the form comes back as it was, and nobody asks any more", async () => {
  const { page, server } = await openPhase("trying");
  expect(await page.locator("#form").isVisible()).toBe(false);
  server.set({ trial: trials["failed at the Wi-Fi"]! });
  await status(page).getByText("The Wi-Fi password is wrong. (Home)").waitFor();
  await expect.poll(() => page.locator(":focus").getAttribute("id")).toBe("status");
  expect(await states(page)).toEqual(["failed", "not yet", "not yet", "not yet", "not yet"]);
  expect(await page.locator("#form").isVisible()).toBe(true);
  const asked = server.asked.length;
  await page.waitForTimeout(2.5 * POLL_MS);
  expect(server.asked.length).toBe(asked);
});

browserTest("nothing under way: nothing is asked for", async () => {
  const { page, server } = await openPhase("idle");
  await page.waitForTimeout(2.5 * POLL_MS);
  expect(server.asked.filter((request) => request !== "GET /favicon.ico")).toEqual(["GET /"]);
});

browserTest(
  "a device that is away for some seconds is waited for, and that is said",
  { timeout: 180_000 },
  async () => {
    const { page, server } = await openPhase("trying, nothing yet");
    await server.stop();
    const connection = page.locator("#connection");
    await connection.getByText("Reconnecting").waitFor({ timeout: 30_000 });
    expect(await connection.getAttribute("role")).toBe("status");
    expect(await states(page)).toEqual(["in progress", "not yet", "not yet", "not yet", "not yet"]);
    await server.start();
    server.set({ trial: trials.trying! });
    await expect
      .poll(() => states(page), { timeout: 30_000 })
      .toEqual(["done", "done", "in progress", "not yet", "not yet"]);
    await expect.poll(() => connection.textContent()).toBe("");
  },
);

browserTest("an answer that never comes is given up after 3 seconds", { timeout: 180_000 }, async () => {
  const { page, server } = await openPhase("trying, nothing yet");
  let held = 0;
  await page.route("**/status**", (route) => (held++ < 1 ? undefined : route.continue()));
  server.set({ trial: trials.trying! });
  await expect
    .poll(() => states(page), { timeout: 30_000 })
    .toEqual(["done", "done", "in progress", "not yet", "not yet"]);
  expect(held).toBeGreaterThanOrEqual(2);
});

browserTest("what another server says under the device's address is not shown", async () => {
  const { page } = await openPhase("trying");
  let answered = 0;
  const body = `<h1>Router</h1><div id="status" data-phase="done">wrong</div>`;
  await page.route("**/status**", (route) => {
    answered++;
    return route.fulfill({ contentType: "text/html", body });
  });
  await expect.poll(() => answered, { timeout: 30_000 }).toBeGreaterThan(1);
  expect(await page.content()).not.toContain("Router");
  expect(page.url()).not.toContain("done");
});

browserTest("the region is read out only when something changed", async () => {
  const { page, server } = await openPhase("trying");
  await status(page).evaluate((region) => {
    const view = region.ownerDocument.defaultView;
    view.changes = 0;
    new view.MutationObserver(() => view.changes++).observe(region, { childList: true, subtree: true });
  });
  const changes = () => status(page).evaluate((region) => region.ownerDocument.defaultView.changes);
  const polls = () => server.asked.filter((path) => path === "GET /status").length;
  await expect.poll(polls, { timeout: 30_000 }).toBeGreaterThan(2);
  expect(await changes()).toBe(0);
  server.set({ trial: trials.activating! });
  await expect.poll(changes, { timeout: 30_000 }).toBe(1);
});

browserTest("settings can be changed while something is under way, and what is typed stays", async () => {
  const { page, server } = await openPhase("trying, nothing yet");
  await page.getByRole("link", { name: "Change the settings" }).click();
  await page.getByLabel("Wi-Fi network", { exact: true }).fill("Other");
  await page.getByLabel("Wi-Fi password").fill("typed already");
  server.set({ trial: trials.trying!, ssid: "Home" });
  await expect.poll(() => states(page), { timeout: 30_000 }).toContain("done");
  expect(await page.locator(":focus").getAttribute("id")).toBe("password");
  expect(await page.locator("#ssid").inputValue()).toBe("Other");
  expect(await page.locator("#password").inputValue()).toBe("typed already");
});

browserTest("Refresh scans without losing what was typed, and shows what was found", async () => {
  const server = await servePage(pageModel());
  server.onPost = () => ({ scanning: true });
  const { page } = await openPage();
  await page.goto(server.url);
  await page.locator("#ssid").fill("Typed");
  await page.locator("#password").fill("typed already");
  await page.getByRole("button", { name: "Refresh" }).click();
  await page.getByText("Searching…").waitFor();
  expect(server.posted).toEqual([{ path: "/scan", fields: { token: server.model.token } }]);
  server.set({ scanning: false, networks: [{ ssid: "New one", rssi: -50, secured: false }] });
  await page.getByRole("button", { name: "New one" }).click();
  expect(await page.locator("#ssid").inputValue()).toBe("New one");
  expect(await page.locator(":focus").getAttribute("id")).toBe("submit");
  expect(await page.getByRole("listitem").count()).toBe(2);
  expect(await page.getByText("Searching…").count()).toBe(0);
  expect(page.url()).toBe(server.url);

  await page.getByRole("button", { name: "Refresh" }).click();
  await expect.poll(() => server.posted.length).toBe(2);
});
