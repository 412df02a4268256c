import { expect, test } from "vitest";
import type { UpdateStatus } from "../../modules/update/update.js";
import { goodWorld } from "../scripted/cloud.js";
import { collectOffers } from "../scripted/offers.js";
import { play } from "../scripted/play.js";
import { World } from "../scripted/world.js";
import "./support.js";

test.each<[UpdateStatus | undefined, string]>([
  [undefined, "1.0.0"],
  [{ version: "1.0.0", state: "updated" }, "1.0.0"],
  [
    { version: "1.1.0", state: "rolled-back", reason: "firmware-offline" },
    "1.0.0 (1.1.0: rolled-back, firmware-offline)",
  ],
  [{ version: "1.1.0", state: "failed", reason: "firmware-checksum" }, "1.0.0 (1.1.0: failed, firmware-checksum)"],
  [
    { version: "1.1.0", state: "postponed", reason: "window: 02:00-05:00 UTC" },
    "1.0.0 (1.1.0: postponed, window: 02:00-05:00 UTC)",
  ],
  [{ version: "1.1.0", state: "downloading", percent: 40 }, "1.0.0 (1.1.0: downloading, 40 %)"],
])("the page tells of the update %j", (status, expected) =>
  play(async (enter) => {
    const world = new World(goodWorld(), undefined, { updates: (of) => ({ ...collectOffers(of), status }) });
    enter(world);
    world.boot();
    await world.untilState("portal");
    expect(world.visit({}).body).toContain(`<dd>${expected}<`);
  }),
);
