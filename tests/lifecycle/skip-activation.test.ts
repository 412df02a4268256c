/** Skipping the activation is for development: no release build does it, whatever its manifest says. */
import { readFileSync } from "node:fs";
import { afterEach, expect, test } from "vitest";
import { DeviceContext } from "../../agent/lifecycle/service.js";
import { host } from "../../mocks/moddable/host.js";
import { system } from "../../modules/system/adapter.js";
import { build } from "../scripted/build.js";
import { goodWorld, XIAOZHI_URL } from "../scripted/cloud.js";
import { World } from "../scripted/world.js";

afterEach(() => {
  host.isDebug = false;
});

test.each([
  { skipActivation: false, isDebug: false, isSkipped: false },
  { skipActivation: false, isDebug: true, isSkipped: false },
  { skipActivation: true, isDebug: false, isSkipped: false },
  { skipActivation: true, isDebug: true, isSkipped: true },
])("$skipActivation in the manifest, development: $isDebug", ({ skipActivation, isDebug, isSkipped }) => {
  host.isDebug = isDebug;
  const device = { ...new World(goodWorld()).device, system, build: { ...build, skipActivation } };
  expect(new DeviceContext(device, XIAOZHI_URL).skipActivation).toBe(isSkipped);
});

test("the project's own manifest does not ask for it", () => {
  const { config } = JSON.parse(readFileSync(new URL("../../agent/manifest.json", import.meta.url), "utf8"));
  expect(config.skipActivation).toBe(false);
});
