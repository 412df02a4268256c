/** The captive page's forms: with a script and without, with a keyboard alone, and in the sheets that phones open. */
import type { Page } from "playwright-core";
import { expect } from "vitest";
import { crowdedModel, pageModel, trials } from "../../mocks/page-models.js";
import { browserTest, hostileNames, openPage, type PageOptions } from "./browser.js";
import { type PageServer, servePage } from "./page-server.js";

const known = [
  { ssid: "Office", preferred: true },
  { ssid: " two  spaces ", preferred: false },
];

async function open(
  change: Parameters<typeof pageModel>[0] = {},
  options: PageOptions = {},
): Promise<{ page: Page; server: PageServer; problems: string[] }> {
  const server = await servePage(pageModel({ known, ...change }));
  const { page, problems } = await openPage(options);
  await page.goto(server.url);
  return { page, server, problems };
}

const token = pageModel().token;

browserTest.for([true, false])(
  "every form is sent whole, script: %s",
  { timeout: 180_000 },
  async (javaScriptEnabled) => {
    const { page, server } = await open({ trial: trials.failed! }, { javaScriptEnabled });
    await page.getByLabel("Wi-Fi network", { exact: true }).fill("Hidden one");
    await page.getByLabel("Wi-Fi password").fill("a+b &c=%d");
    await page.getByText("Advanced").click();
    await page.getByLabel("Kind of service").selectOption("Activation with a code, v1");
    await page.locator("#pem").fill("-----BEGIN CERTIFICATE-----\nAB+/=\n");
    await page.getByRole("button", { name: "Save and connect" }).click();
    await page.waitForURL("**/?lang=en");
    await page.getByRole("button", { name: "Keep anyway" }).click();
    await expect.poll(() => server.posted.length).toBe(2);
    await page.getByLabel("Saved networks").selectOption(" two  spaces ");
    await page.getByRole("button", { name: "Try first" }).click();
    await expect.poll(() => server.posted.length).toBe(3);
    await page.getByLabel("Saved networks").selectOption(" two  spaces ");
    await page.getByRole("button", { name: "Forget" }).click();
    await expect.poll(() => server.posted.length).toBe(4);

    const [main, keep, prefer, forget] = server.posted;
    const url = server.model.url;
    const pem = "-----BEGIN CERTIFICATE-----\r\nAB+/=\r\n";
    const typed = { ssid: "Hidden one", password: "a+b &c=%d", url, protocol: "activation-v1", pem };
    expect(main).toEqual({ path: "/", fields: { token, ...typed } });
    expect([keep!.path, keep!.fields.token]).toEqual(["/keep", token]);
    expect(prefer).toEqual({ path: "/prefer", fields: { token, ssid: " two  spaces " } });
    expect(forget).toEqual({ path: "/forget", fields: { token, ssid: " two  spaces " } });
  },
);

browserTest.for([true, false])(
  "what is stored of certificates is forgotten alone, script: %s",
  async (javaScriptEnabled) => {
    const authorities = [{ name: "Example Ltd Root CA", until: "2036-11-27" }];
    const { page, server } = await open({ hasClaim: true, authorities }, { javaScriptEnabled });
    await page.getByText("Advanced").click();
    const rows = page.locator("details .row");
    expect(await rows.locator("p").allInnerTexts()).toEqual([
      "A claim certificate is stored.",
      "CA: Example Ltd Root CA, until 2036-11-27",
    ]);
    await rows.nth(1).getByRole("button", { name: "Forget" }).click();
    await expect.poll(() => server.posted.length).toBe(1);
    expect(server.posted[0]).toMatchObject({ path: "/forget", fields: { token, stored: "authorities" } });
  },
);

browserTest("without a script: a list to read, no control that does nothing, and Refresh is a form", async () => {
  const { page, server } = await open({}, { javaScriptEnabled: false });
  expect(await page.getByRole("listitem").allInnerTexts()).toEqual([
    expect.stringMatching(/^Home\s*strong · password$/),
    expect.stringMatching(/^Café\s*good · open$/),
    expect.stringMatching(/^Workshop\s*weak · password$/),
  ]);
  const buttons = await page.locator("button:visible").allTextContents();
  expect(buttons).toEqual(["Refresh", "Save and connect", "Try first", "Forget"]);
  await page.getByRole("button", { name: "Refresh" }).click();
  await expect.poll(() => server.posted.map(({ path }) => path)).toEqual(["/scan"]);
});

browserTest("without a script the page follows the trial by itself", { timeout: 180_000 }, async () => {
  const { page, server } = await open({ trial: trials.trying! }, { javaScriptEnabled: false });
  server.set({ trial: trials.activating! });
  await page.getByText("Enter this code").waitFor({ timeout: 30_000 });
  server.set({ trial: trials.done! });
  await page.getByRole("heading", { name: "All set" }).waitFor({ timeout: 30_000 });
  const asked = server.asked.length;
  await page.waitForTimeout(3_000);
  expect(server.asked.length).toBe(asked);
});

browserTest("a network is chosen by a tap: the password is next, or the button for an open one", async () => {
  const { page } = await open({ ssid: "Home", hasPassword: true });
  const focused = () => page.locator(":focus").getAttribute("id");
  await page.locator("#password").fill("of another network");
  await page.getByRole("button", { name: "Café" }).click();
  expect([await page.locator("#ssid").inputValue(), await focused()]).toEqual(["Café", "submit"]);
  expect(await page.locator("#password").inputValue()).toBe("");
  expect(await page.locator("#password").getAttribute("placeholder")).toBe("");
  await page.getByRole("button", { name: "Home" }).click();
  expect([await page.locator("#ssid").inputValue(), await focused()]).toEqual(["Home", "password"]);
  expect(await page.locator("#password").getAttribute("placeholder")).toBe("unchanged");
  await page.getByRole("button", { name: "Other network…" }).click();
  expect([await page.locator("#ssid").inputValue(), await focused()]).toEqual(["", "ssid"]);
});

browserTest("mistakes: each at its field, the first has the focus, what most people do not need is open", async () => {
  const errors = { url: "url-invalid", protocol: "protocol-unknown", pem: "certificates-too-large" } as const;
  const { page } = await open({ errors, protocol: "magic", stale: true });
  expect(await page.locator(":focus").getAttribute("id")).toBe("url");
  expect(await page.getByLabel("Kind of service").inputValue()).toBe("automatic");
  for (const id of Object.keys(errors)) {
    const field = page.locator(`#${id}`);
    expect(await field.getAttribute("aria-invalid")).toBe("true");
    expect(await page.locator(`#${await field.getAttribute("aria-describedby")}`).isVisible()).toBe(true);
  }
  expect(await page.getByRole("alert").textContent()).toContain("out of date");
});

/** Where so many presses of the key lead to. */
async function walk(page: Page, key: "Tab" | "Shift+Tab", presses: number): Promise<string[]> {
  const stops: string[] = [];
  while (stops.length < presses) {
    await page.keyboard.press(key);
    const focused = page.locator(":focus");
    stops.push(
      await focused.evaluate(
        (element) => element.id || element.querySelector("bdi")?.textContent || element.textContent,
      ),
    );
    const outline = await focused.evaluate((element) => {
      const { outlineStyle, outlineWidth } = element.ownerDocument.defaultView.getComputedStyle(element);
      return outlineStyle === "none" ? 0 : Number.parseFloat(outlineWidth);
    });
    expect(outline, stops.at(-1)).toBeGreaterThanOrEqual(1);
  }
  return stops;
}

browserTest("Tab reaches every control in the order of the page, and back; what has the focus is marked", async () => {
  const { page } = await open({ trial: trials.failed! });
  const controls = [
    ...["Keep anyway", "refresh", "Home", "Café", "Workshop", "Other network…", "ssid", "password", "show", "url"],
    ...["Advanced", "submit", "known", "Try first", "Forget", "简体中文"],
  ];
  expect(await walk(page, "Tab", controls.length)).toEqual(controls);
  expect(await walk(page, "Shift+Tab", controls.length - 1)).toEqual(controls.toReversed().slice(1));
});

browserTest("the whole form with a keyboard: Enter chooses, Space shows, Enter sends", async () => {
  const { page, server } = await open({ known: [] });
  await page.getByRole("button", { name: "Home" }).focus();
  await page.keyboard.press("Enter");
  await page.keyboard.type("correct horse");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Space");
  expect(await page.locator("#password").getAttribute("type")).toBe("text");
  expect(await page.locator("#show").getAttribute("aria-pressed")).toBe("true");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await expect.poll(() => server.posted.length).toBe(1);
  expect(server.posted[0]).toMatchObject({ path: "/", fields: { token, ssid: "Home", password: "correct horse" } });
});

browserTest("the kind of service with a keyboard: it stays out of the way until it is wanted", async () => {
  const { page, server } = await open({ ssid: "Home", hasPassword: true, known: [] });
  const choice = page.getByLabel("Kind of service");
  expect(await choice.isVisible()).toBe(false);
  await page.getByLabel("Provisioning address").focus();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  expect(await choice.isVisible()).toBe(true);
  await page.keyboard.press("Tab");
  expect(await page.locator(":focus").getAttribute("id")).toBe("protocol");
  await page.keyboard.type("Device");
  await page.locator("#submit").focus();
  await page.keyboard.press("Enter");
  await expect.poll(() => server.posted[0]?.fields).toMatchObject({ protocol: "device-service", password: "" });
});

browserTest.for([
  ["en", "Advanced", "Kind of service", "Device provisioning service"],
  ["zh-CN", "高级设置", "服务类型", "设备配网服务"],
] as const)("a kind of service that was chosen is seen at once: %s", async ([locale, summary, label, words]) => {
  const { page } = await open({ protocol: "device-service" }, { locale });
  const choice = page.getByLabel(label);
  expect(await choice.isVisible()).toBe(true);
  expect(await choice.locator("option:checked").textContent()).toBe(words);
  await page.getByText(summary).click();
  expect(await choice.isVisible()).toBe(false);
});

const agents = {
  "iOS' sheet": [
    false,
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
  ],
  "Android's sheet": [
    false,
    "Mozilla/5.0 (Linux; Android 15; Pixel 8; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/130.0.0.0 Mobile Safari/537.36",
  ],
  Safari: [
    true,
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1",
  ],
  Chrome: [
    true,
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Mobile Safari/537.36",
  ],
  Firefox: [true, "Mozilla/5.0 (Android 15; Mobile; rv:132.0) Gecko/132.0 Firefox/132.0"],
} as const;

browserTest.for(Object.entries(agents))(
  "%s: files to choose only where that works",
  async ([, [choosesFiles, userAgent]]) => {
    const { page, server } = await open({}, { userAgent });
    await page.getByText("Advanced").click();
    expect(await page.locator("input[type=file]").count()).toBe(choosesFiles ? 1 : 0);
    expect(await page.getByText(`open ${server.model.address} in Safari or Chrome`).count()).toBe(choosesFiles ? 0 : 1);
    if (!choosesFiles) return;
    const file = (name: string, text: string) => ({ name, mimeType: "text/plain", buffer: Buffer.from(text) });
    await page.getByLabel("Certificate files").setInputFiles([file("a.crt", "CERT\n"), file("a.key", "KEY\n")]);
    await expect.poll(() => page.locator("#pem").inputValue()).toBe("CERT\n\nKEY\n");
    await page.locator("#ssid").fill("n");
    await page.locator("#submit").click();
    await expect.poll(() => server.posted[0]?.fields.pem).toBe("CERT\r\n\r\nKEY\r\n");
    expect(Object.keys(server.posted[0]!.fields)).toEqual(["token", "ssid", "password", "url", "protocol", "pem"]);
  },
);

const hostile = [...hostileNames, "</select></form><form id=form>", "\u202eevil", "\ufffd\ufffd\u0001"];

browserTest("any name is shown as text and chosen exactly, also after a scan", async () => {
  const networks = hostile.map((ssid, index) => ({ ssid, rssi: -40 - index, secured: true }));
  const { page, server, problems } = await open({ known: networks.map(({ ssid }) => ({ ssid, preferred: false })) });
  page.on("dialog", (dialog) => problems.push(`a dialog: ${dialog.message()}`));
  server.onPost = () => ({ networks });
  await page.getByRole("button", { name: "Refresh" }).click();
  const buttons = page.locator("li button:has(bdi)");
  await expect.poll(() => buttons.locator("bdi").allTextContents(), { timeout: 30_000 }).toEqual(hostile);
  for (const [index, name] of hostile.entries()) {
    await buttons.nth(index).click();
    expect(await page.locator("#ssid").inputValue()).toBe(name);
  }
  expect(await page.locator("#known option").evaluateAll((all) => all.map(({ value }) => value))).toEqual(hostile);
  expect(await page.locator("img, b, form form").count()).toBe(0);
  expect(problems).toEqual([]);
});

browserTest("a crowded page in the browser is the one that was sent, gzipped", async () => {
  const server = await servePage(crowdedModel());
  const { page } = await openPage();
  const response = await page.goto(server.url);
  expect(response!.headers()["content-encoding"]).toBe("gzip");
  expect(await page.getByRole("listitem").count()).toBe(21);
  expect(await page.locator("#known option").count()).toBe(10);
});

browserTest("where no answer comes, the form can be sent again", async () => {
  const { page } = await open();
  await page.clock.install();
  // The event alone: Playwright waits for a page that is on its way.
  await page.locator("#form").dispatchEvent("submit");
  expect(await page.locator("#submit").isEnabled()).toBe(false);
  await page.clock.fastForward(30_000);
  expect(await page.locator("#submit").isEnabled()).toBe(true);
});
