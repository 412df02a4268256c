import { expect, test } from "vitest";
import { type FleetOptions, measureFleet } from "../../benchmarks/fleet.js";
import { installGlobals } from "../../mocks/moddable/globals.js";

installGlobals();

const fleets: FleetOptions[] = [
  { devices: 1_000, family: "device service", configured: true },
  { devices: 1_000, family: "device service", configured: false },
  { devices: 1_000, family: "xiaozhi", configured: false },
];

test.each(fleets)(
  "a cloud that returns after an outage is not flooded: $family, configured $configured",
  async (fleet) => {
    const { requests, uploads, connections, fixedPeak, tooMany, online } = await measureFleet(fleet);
    expect(online).toBe(fleet.devices);
    expect(Math.max(...requests) * 10).toBeLessThanOrEqual(fixedPeak);
    expect(Math.max(...connections) * 10).toBeLessThanOrEqual(fixedPeak);
    // Of up to nine for each device: eight readings, and the status.
    expect(Math.max(...uploads) * 10).toBeLessThan(fleet.devices);
    expect(tooMany).toBe(0);
  },
  240_000,
);

test("devices behind one address wait for each other, and come online all the same", async () => {
  const house = { devices: 30, family: "device service", sharedAddress: true } as const;
  for (const configured of [false, true])
    expect(await measureFleet({ ...house, configured })).toMatchObject({ online: house.devices });
});
