/** How many sockets the device has in each state, at most: docs/chip.md has the table, ESP-IDF's options its sums. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makeImage } from "../../mocks/device/image.js";
import { nextState } from "../../mocks/device/next-state.js";
import type { VirtualDevice } from "../../mocks/device/virtual-device.js";
import { parseSdkconfig } from "../../tools/esp32/sdkconfig.js";
import { ROOT } from "../../tools/sdk.js";
import { fillIn, openCloud, openDevice, STEP_MS, untilRestarting } from "./support.js";

interface Sockets {
  readonly own: number;
  readonly accepted: number;
  readonly listeners: number;
  readonly udp: number;
  /** lwIP's own UDP. */
  readonly lwip: number;
}

/** By the states' names. */
const TABLE: ReadonlyMap<string, Sockets> = new Map(
  [...readFileSync(join(ROOT, "docs/chip.md"), "utf8").matchAll(/^\| ([^|]+?) \|((?: \d+[^|]*\|){5})$/gm)].map(
    ([, state, cells]) => {
      const [own, accepted, listeners, udp, lwip] = cells!.split("|").map(Number.parseFloat) as number[];
      return [state!, { own, accepted, listeners, udp, lwip } as Sockets];
    },
  ),
);

/** The row of what the console says; before the first restart all but `portal` is a trial. */
const rowOf = (state: string, isBlank: boolean): string => {
  if (state === "portal") return "portal, nobody tries settings";
  if (isBlank) return "portal, settings are tried";
  return state === "connecting" ? "provisioning" : state;
};

/** Holds each state to its row when it ends. @returns the most connections of its own that each row had */
function watch(device: VirtualDevice): Map<string, number> {
  const seen = new Map<string, number>();
  let [row, isBlank] = ["portal, nobody tries settings", true];
  device.on("state", ({ state }) => {
    const most = device.usage.most;
    device.usage.countAnew();
    for (const kind of ["own", "accepted", "listeners", "udp"] as const)
      expect.soft(most[kind], `${row}: ${kind}`).toBeLessThanOrEqual(TABLE.get(row)![kind]);
    seen.set(row, Math.max(most.own, seen.get(row) ?? 0));
    if (state === "restarting") isBlank = false;
    else row = rowOf(state, isBlank);
  });
  return seen;
}

test("ESP-IDF's options are the sums of the table of docs/chip.md", () => {
  const config = parseSdkconfig(readFileSync(join(ROOT, "modules/system/esp32/sdkconfig.defaults"), "utf8"));
  const most = (sum: (sockets: Sockets) => number) => String(Math.max(...[...TABLE.values()].map(sum)));
  expect(TABLE.size).toBe(6);
  expect(config.get("CONFIG_LWIP_MAX_ACTIVE_TCP")).toBe(most(({ own, accepted }) => own + accepted));
  expect(config.get("CONFIG_LWIP_MAX_LISTENING_TCP")).toBe(most(({ listeners }) => listeners));
  expect(config.get("CONFIG_LWIP_MAX_UDP_PCBS")).toBe(most(({ udp, lwip }) => udp + lwip));
});

test("from a blank board over an update to an outage no state has more sockets than its row", {
  timeout: 300_000,
}, async () => {
  const cloud = await openCloud({ autoRegister: true });
  const device = openDevice({ firmwareVersion: "1.0.0", config: { timeServers: ["127.0.0.1"] } });
  const seen = watch(device);
  await device.start();
  await device.waitFor("portal", STEP_MS);
  expect(device.usage.most).toMatchObject({ own: 0, accepted: 0, listeners: 1, udp: 1 });
  await fillIn(device, cloud.url);
  await untilRestarting(device);
  await device.waitFor("online", STEP_MS);

  const bytes = makeImage({ version: "1.1.0", sizeBytes: 300_000 });
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  cloud.files.add({ version: "1.1.0", bytes, sha256, signature: "", notes: "" });
  cloud.offerFirmware(cloud.files.offer("1.1.0", cloud.url));
  void cloud.sendControl(device.identity!.mac, { cmd: "update" });
  await device.waitFor("restarting", STEP_MS);
  await device.waitFor("online", STEP_MS);
  await cloud.stop();
  await device.waitFor("offline", STEP_MS);
  await nextState(device, "connecting", STEP_MS);
  await nextState(device, "offline", STEP_MS);
  // What is counted is counted: none of the rows is one that nothing reaches.
  expect(Object.fromEntries(seen)).toMatchObject({
    "portal, settings are tried": 2,
    provisioning: 1,
    online: expect.toSatisfy((own: number) => own >= 2),
    updating: expect.toSatisfy((own: number) => own >= 2),
  });
});
