/** What goes wrong between page and board: each time the page says what to do, and doing it leads to a flashed board. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { expect } from "vitest";
import type { BlockFault } from "../../mocks/chip/chip.js";
import { browserTest } from "../browser/browser.js";
import { connect, failure, flashAndSee, flashOf, openFlasher, press, STEP_MS, withBoard } from "./page-support.js";
import { parts, releaseFiles } from "./support.js";

const TIMEOUT_MS = 240_000;

async function expectFlashed(page: Page): Promise<void> {
  for (const { offset, data } of Object.values(parts)) expect(await flashOf(page, offset, data.length)).toEqual(data);
}

async function expectFailure(page: Page, button: string, ...texts: string[]): Promise<void> {
  await press(page, button);
  await page.getByRole("alert").getByText(texts[0]!).waitFor({ timeout: STEP_MS });
  const text = await failure(page);
  for (const part of texts) expect(text).toContain(part);
}

const setFault = (page: Page, fault: BlockFault) => withBoard(page, ({ chip }, given) => chip.setFault(given), fault);

browserTest("no port, a busy one, no answer", { timeout: TIMEOUT_MS }, async () => {
  const { page, problems } = await openFlasher({ chip: { autoReset: false } });
  await withBoard(page, ({ serial }) => {
    serial.chooses = false;
  });
  await expectFailure(page, "Connect", "No port was chosen.", "try another one");
  await withBoard(page, ({ serial, port }) => {
    serial.chooses = true;
    port.busy = true;
  });
  await expectFailure(page, "Connect", "The port is in use.", "serial monitors");
  await withBoard(page, ({ port }) => {
    port.busy = false;
  });
  await expectFailure(
    page,
    "Connect",
    "The board does not answer.",
    "Hold its BOOT button, press RESET",
    "another cable",
  );
  await withBoard(page, ({ chip }) => chip.pressReset(true));
  await connect(page);
  await flashAndSee(page);
  await expectFlashed(page);
  expect(problems).toEqual([]);
});

browserTest(
  "over its own USB, by its buttons: the page says that RESET has to be pressed",
  { timeout: TIMEOUT_MS },
  async () => {
    const { page, problems } = await openFlasher({ chip: { connection: "usb-jtag" } });
    const held = ["still in download mode", "press RESET, without BOOT"] as const;
    await withBoard(page, ({ chip }) => chip.pressReset(true));
    await connect(page);
    await expectFailure(page, "Let it run", ...held);
    await connect(page);
    await flashAndSee(page);
    const text = await failure(page);
    for (const part of held) expect(text).toContain(part);
    await expectFlashed(page);
    await withBoard(page, ({ chip }) => chip.pressReset(false));
    await connect(page);
    await flashAndSee(page);
    await page.getByText("It has started.").waitFor({ timeout: STEP_MS });
    expect(await page.getByRole("alert").isVisible()).toBe(false);
    expect(problems).toEqual([]);
  },
);

browserTest("a board whose console shows nothing of the agent has not started", { timeout: TIMEOUT_MS }, async () => {
  const { page } = await openFlasher();
  await connect(page);
  await withBoard(page, ({ chip }) => chip.beSilent(true));
  await flashAndSee(page);
  expect(await page.getByRole("status").innerText()).toMatch(/Waiting for its first line…$/);
  expect(await failure(page)).toMatch(/has not shown that it runs\.[\s\S]*RESET[\s\S]*press Restart/);
  expect(await page.getByRole("status").innerText()).toMatch(/exactly what was sent\.$/);
  await withBoard(page, ({ chip }) => chip.beSilent(false));
  await press(page, "Restart");
  await page.getByText("It has started.").waitFor({ timeout: STEP_MS });
  expect(await page.getByRole("alert").isVisible()).toBe(false);
});

browserTest(
  "the wrong chip, a protected one, a small flash: refused with nothing written",
  { timeout: TIMEOUT_MS },
  async () => {
    const { page } = await openFlasher({ chip: { model: "ESP32-C3" } });
    await expectFailure(page, "Connect", "not for the ESP32-C3.", "another board");
    await withBoard(page, ({ swap }) => swap({ security: { flags: 1, flashEncryptionCount: 0 } }));
    await expectFailure(page, "Connect", "only takes signed or encrypted firmware", "eFuses");
    await withBoard(page, ({ swap }) => swap({ flashSizeBytes: 4 * 1024 * 1024 }));
    await connect(page);
    await expectFailure(page, "Flash the board", "flash has 4 MB", "Nothing was written.");
    expect((await flashOf(page, 0, 0x30000)).every((byte) => byte === 0xff)).toBe(true);
    await press(page, "Let it run");
    await withBoard(page, ({ swap }) => swap({}));
    await connect(page);
    await flashAndSee(page);
    await expectFlashed(page);
  },
);

browserTest(
  "the cable pulled while writing, and a block that the flash did not keep",
  { timeout: TIMEOUT_MS },
  async () => {
    const { page } = await openFlasher();
    await connect(page);
    await setFault(page, { kind: "unplug", atBlock: 4 });
    await expectFailure(page, "Flash the board", "The connection broke.", "Nothing is lost", "another cable");
    await withBoard(page, ({ port }) => port.plug());
    await connect(page);
    await setFault(page, { kind: "corrupt", atBlock: 2 });
    await expectFailure(page, "Flash the board", "does not hold what was sent", "flash it again");
    await connect(page);
    await flashAndSee(page);
    await expectFlashed(page);
    // Who chooses no other port goes on listening to this one.
    await withBoard(page, ({ serial }) => {
      serial.chooses = false;
    });
    await expectFailure(page, "Connect", "No port was chosen.");
    await withBoard(page, ({ serial, chip }) => {
      serial.chooses = true;
      chip.say("still here\r\n");
    });
    await page.getByText("still here").waitFor({ timeout: STEP_MS });
    // Pulled while the console is open, and while nothing goes on.
    await withBoard(page, ({ port }) => port.unplug());
    await page.getByRole("alert").getByText("The connection broke.").waitFor({ timeout: STEP_MS });
    await withBoard(page, ({ port }) => port.plug());
    await connect(page);
    await withBoard(page, ({ port }) => port.unplug());
    await page.getByRole("alert").getByText("The connection broke.").waitFor({ timeout: STEP_MS });
    expect(await page.getByRole("button", { name: "Flash the board" }).isDisabled()).toBe(true);
    await withBoard(page, ({ port }) => port.plug());
    await connect(page);
  },
);

browserTest("a board that falls silent while it is written", { timeout: TIMEOUT_MS }, async () => {
  const { page } = await openFlasher();
  await connect(page);
  await setFault(page, { kind: "hang", atBlock: 3 });
  await expectFailure(page, "Flash the board", "The board stopped answering.", "hold BOOT and press RESET");
  await connect(page);
  await flashAndSee(page);
  await expectFlashed(page);
});

browserTest("releases: none, a damaged one, files of one's own", { timeout: TIMEOUT_MS }, async () => {
  const { page, folder } = await openFlasher({ release: null });
  expect(await page.locator("#release-note").innerText()).toBe("There is none beside this page.");
  expect(await page.getByRole("button", { name: "Flash the board" }).isDisabled()).toBe(true);
  const choose = async (files: Map<string, Uint8Array>) => {
    const paths = [...files].map(([name, data]) => {
      writeFileSync(join(folder, name), data);
      return join(folder, name);
    });
    await page.getByLabel("Choose a release").setInputFiles(paths);
  };
  mkdirSync(folder, { recursive: true });
  const files = releaseFiles();
  files.set(
    "bootloader.bin",
    parts["bootloader.bin"].data.map((byte, index) => (index === 5_000 ? byte ^ 1 : byte)),
  );
  await choose(files);
  expect(await failure(page)).toMatch(
    /bootloader\.bin is not what the manifest says\.[\s\S]*download the release again/,
  );
  await choose(new Map([["app.bin", Uint8Array.of(1)]]));
  await page.getByText("There is no manifest.json among the files.").waitFor();
  const { "bootloader.bin": _, ...headless } = parts;
  await choose(releaseFiles({}, headless));
  await page.getByText("The release has no bootloader, 0x0.").waitFor();
  expect(await page.getByRole("button", { name: "Flash the board" }).isDisabled()).toBe(true);
  expect(await withBoard(page, ({ port }) => port.readable)).toBeNull();
  await choose(releaseFiles({ chip: "esp32c3" }));
  await page.getByText("not for the esp32c3.").waitFor();
  await choose(releaseFiles());
  await page.getByText("All files are as the manifest says.").waitFor();
  await connect(page);
  await flashAndSee(page);
  await expectFlashed(page);
});
