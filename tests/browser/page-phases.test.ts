/** The captive page in every phase, in every language, as a phone shows it. */
import type { Page } from "playwright-core";
import { expect } from "vitest";
import { crowdedModel, pageModel, trials } from "../../mocks/page-models.js";
import type { PageModel } from "../../softap/model.js";
import { accessibilityProblems } from "./axe.js";
import { browserTest, openPage } from "./browser.js";
import { contrasts } from "./contrast.js";
import { servePage } from "./page-server.js";

const phone = { viewport: { width: 320, height: 568 }, hasTouch: true, isMobile: true };
const wide = "W".repeat(32);
const mistakes = {
  ssid: "ssid-too-long",
  password: "password-length",
  url: "url-invalid",
  protocol: "protocol-unknown",
  pem: "claim-invalid",
} as const;

/** Everything that a person can meet. */
const shapes: Readonly<Record<string, Partial<PageModel>>> = {
  ...Object.fromEntries(Object.entries(trials).map(([name, trial]) => [name, { trial }])),
  mistakes: { errors: mistakes, stale: true },
  "mistakes while trying": { errors: mistakes, trial: trials.trying! },
  "locked, with a certificate, scanning": { urlLocked: true, hasClaim: true, scanning: true, networks: [] },
  "for a visitor who is not at the device": { locked: true, trial: trials["idle after a failure"]! },
  "a code for such a visitor": { locked: true, trial: trials.activating! },
  "a kind of service chosen": { protocol: "activation-v2" },
  "authorities, one with a long name": {
    hasClaim: true,
    authorities: ["Example Ltd Root CA", wide + wide].map((name) => ({ name, until: "2036-11-27" })),
  },
  crowded: crowdedModel(),
  wide: {
    ssid: wide,
    url: `http://${"provision".repeat(6)}.example.com/`,
    networks: [{ ssid: wide, rssi: -90, secured: false }],
    known: [{ ssid: wide, preferred: true }],
    facts: { mac: wide, serial: wide, firmware: wide },
    trial: {
      phase: "activating",
      ssid: wide,
      url: `http://${wide}.example.com/`,
      shown: { code: wide, message: wide.repeat(3), url: `https://${wide}.example.com/${wide}` },
    },
  },
};

async function overflow(page: Page): Promise<number> {
  return page.locator("html").evaluate((root) => root.scrollWidth - root.clientWidth);
}

const looks = ["en", "zh-CN"].flatMap((locale) => ["light", "dark"].map((colorScheme) => ({ locale, colorScheme })));

browserTest.for(looks as { locale: string; colorScheme: "light" | "dark" }[])(
  "$locale, $colorScheme: accessible, readable, and not wider than a small phone",
  { timeout: 180_000 },
  async ({ locale, colorScheme }) => {
    const server = await servePage(pageModel());
    const { page, problems } = await openPage({ ...phone, locale, colorScheme });
    for (const [name, shape] of Object.entries(shapes)) {
      server.model = pageModel({ known: [{ ssid: "Office", preferred: true }], ...shape });
      await page.goto(server.url);
      expect(await page.locator("html").getAttribute("lang")).toBe(locale);
      await page.locator("details:visible").evaluateAll((all) => {
        for (const details of all) details.open = true;
      });
      expect(await accessibilityProblems(page), name).toEqual([]);
      expect(
        (await contrasts(page)).filter(({ ratio }) => ratio < 4.5),
        name,
      ).toEqual([]);
      expect(await overflow(page), name).toBe(0);
    }
    // Answered with 422 by the server itself it would be an error of the console's: here all is 200.
    expect(problems).toEqual([]);
  },
);

browserTest("the accessibility check finds what is wrong", async () => {
  const server = await servePage(pageModel());
  const { page } = await openPage();
  await page.goto(server.url);
  await page.locator("label[for=ssid]").evaluate((label) => label.remove());
  await page.locator("h1").evaluate((heading) => {
    heading.style.color = "#ddd";
  });
  const found = (await accessibilityProblems(page)).map((line) => line.split(":")[0]);
  expect(found).toEqual(expect.arrayContaining(["label", "color-contrast"]));
});

browserTest("text at twice the size still fits", async () => {
  const server = await servePage(pageModel({ ...shapes.wide, trial: trials.failed! }));
  const { page } = await openPage(phone);
  for (const trial of [trials.failed!, trials.activating!]) {
    server.set({ trial });
    await page.goto(server.url);
    await page.addStyleTag({ content: "html{font-size:200%}" });
    expect(await overflow(page)).toBe(0);
  }
});

browserTest("a finger finds every control: at least 44 pixels", { timeout: 180_000 }, async () => {
  const server = await servePage(pageModel());
  const { page } = await openPage(phone);
  for (const [name, shape] of Object.entries(shapes)) {
    server.model = pageModel({ known: [{ ssid: "Office", preferred: true }], ...shape });
    await page.goto(server.url);
    const targets = page.locator(
      "nav a:visible, a.link:visible, button:visible, input:visible, select:visible, summary:visible, textarea:visible",
    );
    const boxes = await targets.evaluateAll((elements) =>
      elements.map((element) => {
        const { width, height } = element.getBoundingClientRect();
        return { width, height, html: element.outerHTML };
      }),
    );
    expect(boxes.length).toBeGreaterThan(0);
    for (const { width, height, html } of boxes) {
      expect(height, `${name}: ${html}`).toBeGreaterThanOrEqual(44);
      expect(width, `${name}: ${html}`).toBeGreaterThanOrEqual(44);
    }
  }
});

browserTest("the words on the buttons stay whole", async () => {
  const server = await servePage(pageModel({ ...shapes.wide, trial: trials.failed! }));
  const { page } = await openPage(phone);
  await page.goto(server.url);
  for (const button of await page.locator("button:visible:not(ul *)").all()) {
    const lines = await button.evaluate((element) => {
      const range = element.ownerDocument.createRange();
      range.selectNodeContents(element);
      return range.getClientRects().length;
    });
    expect(lines, (await button.textContent())!).toBe(1);
  }
});

browserTest("nothing keeps a person from zooming, and no field makes iOS do so by itself", async () => {
  const server = await servePage(pageModel({ errors: { pem: "claim-invalid" } }));
  const { page } = await openPage();
  await page.goto(server.url);
  const viewport = await page.locator("meta[name=viewport]").getAttribute("content");
  expect(viewport).toContain("width=device-width");
  expect(viewport).not.toMatch(/user-scalable|maximum-scale/);
  for (const input of await page.locator("input:visible, select:visible, textarea:visible").all()) {
    const size = await input.evaluate(
      (element) => element.ownerDocument.defaultView.getComputedStyle(element).fontSize,
    );
    expect(Number.parseFloat(size)).toBeGreaterThanOrEqual(16);
  }
});

browserTest("the language can be changed, and stays chosen", async () => {
  const server = await servePage(pageModel({ trial: trials.failed! }));
  server.onPost = () => ({ trial: trials.trying! });
  const { page } = await openPage({ locale: "en" });
  await page.goto(server.url);
  await page.getByRole("link", { name: "简体中文" }).click();
  expect(await page.getByRole("heading", { level: 1 }).textContent()).toBe("设备配网");
  await page.getByRole("button", { name: "仍然保存" }).click();
  await page.getByText("正在连接").waitFor();
  server.set({ trial: trials.done! });
  await page.waitForURL("**/done?lang=zh-CN");
  await page.getByRole("link", { name: "English" }).click();
  await page.getByRole("heading", { name: "All set" }).waitFor();
});
