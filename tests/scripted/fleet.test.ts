import { expect, test } from "vitest";
import { type FleetOptions, measureFleet } from "../../benchmarks/fleet.js";
import { installGlobals } from "../../mocks/moddable/globals.js";

installGlobals();

// `npm run bench` has a thousand of them.
const fleets: FleetOptions[] = [
  { devices: 400, family: "device service", configured: true },
  { devices: 400, family: "device service", configured: false },
  { devices: 400, family: "xiaozhi", configured: false },
];

test.each(fleets)(
  "a cloud that returns after an outage is not flooded: $family, configured $configured",
  async (fleet) => {
    const { requests, connections, fixedPeak, tooMany, online } = await measureFleet(fleet);
    expect(online).toBe(fleet.devices);
    expect(Math.max(...requests) * 10).toBeLessThanOrEqual(fixedPeak);
    expect(Math.max(...connections) * 10).toBeLessThanOrEqual(fixedPeak);
    expect(tooMany).toBe(0);
  },
  60_000,
);
