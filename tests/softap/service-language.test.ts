/** Services are asked to answer in the language of the page that the settings came from. */
import { expect } from "vitest";
import { SETTINGS } from "../../modules/settings/settings.js";
import { life, withSettings } from "../lifecycle/support.js";
import { build } from "../scripted/build.js";
import { SECRETS, XIAOZHI_URL } from "../scripted/cloud.js";
import { ScriptedStore } from "../scripted/store.js";
import type { World } from "../scripted/world.js";

const form = { ssid: "Home", password: SECRETS.wifi, url: XIAOZHI_URL };

/** Of the requests that have one, in the header and in the body. */
const asked = (world: World) =>
  world.requests
    .filter(({ headers }) => headers?.["accept-language"] !== undefined)
    .flatMap(({ headers, body }) => [headers!["accept-language"], /"language":"([^"]+)"/.exec(body ?? "")?.[1]]);

for (const [path, tag] of [
  ["/?lang=zh-CN", "zh-CN"],
  ["/?lang=en", "en-US"],
  ["/", build.language],
])
  life(`a form from ${path}: ${tag}, on trial and after the restart`, async ({ boot }) => {
    const world = boot({});
    await world.untilState("portal");
    world.fillIn(form, path);
    await world.until(() => asked(world).length > 0);
    expect(asked(world).slice(0, 2)).toEqual([tag, tag]);
    await world.until(() => world.phase === "failed");
    world.fillIn({}, "/keep");
    await world.until(() => world.restarted);
    const next = boot({}, new ScriptedStore(world.store.entries));
    await next.until(() => asked(next).length > 0);
    expect(asked(next).slice(0, 2)).toEqual([tag, tag]);
  });

life("a tag in flash that is none is left alone", async ({ boot }) => {
  const store = withSettings(XIAOZHI_URL);
  SETTINGS.write(store, { ...SETTINGS.read(store)!, language: "en\r\nx: y" });
  expect(SETTINGS.read(store)?.language).toBeUndefined();
  const world = boot({}, new ScriptedStore(store.entries));
  await world.until(() => asked(world).length > 0);
  expect(asked(world)[0]).toBe(build.language);
});
