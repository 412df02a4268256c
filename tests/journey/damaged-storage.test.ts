import { expect, test } from "vitest";
import { readFlash, writeFlash } from "../../mocks/device/state-file.js";
import { readNvs } from "../../tools/nvs/nvs.js";
import { damages } from "../nvs/damaged.js";
import { fillIn, openCloud, openOnlineDevice, STEP_MS, until, untilRestarting } from "./support.js";

type Said = Record<string, unknown> & { result?: { before: string[]; crashes: object } };

/** What the factory wrote, as it stands in flash. */
function recordOf(stateFile: string) {
  const { entries } = readNvs(readFlash(stateFile)!);
  return entries.filter(({ namespace }) => namespace === "factory");
}

test.each(damages.filter(({ name }) => ["all pages full", "one page of a newer version"].includes(name)))(
  "$name: the page opens and asks again, the board is still the same, and says what happened",
  { timeout: 200_000 },
  async ({ error, spoil }) => {
    const cloud = await openCloud({ autoRegister: true });
    const device = await openOnlineDevice(cloud);
    const record = recordOf(device.stateFile);
    const [logs, said]: [string[], Said[]] = [[], []];
    device.on("log", (line) => logs.push(line));
    cloud.onMessage((_topic, payload) => said.push(JSON.parse(payload || "{}") as Said));
    device.once("restart", () => {
      const flash = Uint8Array.from(readFlash(device.stateFile)!);
      spoil(flash);
      writeFlash(device.stateFile, flash);
    });
    cloud.sendControl(device.identity!.mac, { cmd: "reboot" });
    await device.waitFor("portal", STEP_MS);
    const code = `0x${error.toString(16)}`;
    await until("the note", () =>
      logs.some((line) => line.startsWith(`storage: it was damaged (${code}) and is erased`)),
    );
    await fillIn(device, cloud.url);
    await untilRestarting(device);
    await device.waitFor("online", STEP_MS);
    expect(recordOf(device.stateFile)).toEqual(record);
    await until("a status", () => said.some(({ storage_repaired }) => storage_repaired === code));
    cloud.sendControl(device.identity!.mac, { cmd: "diagnose" });
    await until("the diagnosis", () => said.some(({ cmd }) => cmd === "diagnose"));
    const { result } = said.find(({ cmd }) => cmd === "diagnose")!;
    expect(result).toMatchObject({ reset_reason: "software", storage_repaired: code, crashes: { row: 0 } });
    // Of the start that set it up.
    expect(result!.before[0]).toBe("portal");
    expect(result!.before.at(-1)).toBe("restarting settings");
  },
);
