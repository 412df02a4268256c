import { expect, test } from "vitest";
import { adviceOf } from "../../modules/base/failure.js";
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
    "1.0.0 (1.1.0: rolled-back) The new firmware did not get online; the one before it runs again.",
  ],
  [
    { version: "1.1.0", state: "failed", reason: "firmware-unverified" },
    `1.0.0 (1.1.0: failed) ${adviceOf("firmware-unverified")}`,
  ],
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

test("and of why there is none, in the page's language", () =>
  play(async (enter) => {
    const status: UpdateStatus = { version: "1.1.0", state: "failed", reason: "firmware-unverified" };
    const world = new World(goodWorld(), undefined, { updates: (of) => ({ ...collectOffers(of), status }) });
    enter(world);
    world.boot();
    await world.untilState("portal");
    for (const [language, words] of [
      ["en", "over https only"],
      ["zh-CN", "仅限 https"],
    ] as const) {
      const { body } = world.visit({ path: `/?lang=${language}` });
      expect(body).toContain("firmwareWithoutChecksum");
      expect(body).toContain(words);
    }
  }));
