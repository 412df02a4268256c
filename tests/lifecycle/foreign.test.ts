/** What the device has of old, and which service gets it. */

import { expect, test } from "vitest";
import { DeviceContext, type ServiceOptions } from "../../agent/lifecycle/service.js";
import { installGlobals } from "../../mocks/moddable/globals.js";
import { Secret } from "../../modules/base/secret.js";
import type { FirmwareOffer } from "../../modules/update/update.js";
import { CLAIM, type Claim } from "../../provisioning/claim.js";
import { TOKEN } from "../../provisioning/token.js";
import { goodWorld } from "../scripted/cloud.js";
import { World } from "../scripted/world.js";

installGlobals();

const HOME = "https://vending.example.com/getcert";
const ELSEWHERE = "https://evil.example.com/getcert";
const claim: Claim = { certificate: "certificate", key: new Secret("key") };

/** @returns claim and token that the service at the address would get */
function given(url: string, options: ServiceOptions, isFromFactory = false): (string | undefined)[] {
  const world = new World(goodWorld());
  const { store } = world.device;
  if (isFromFactory) Object.assign(world.device.identity, { deviceToken: () => new Secret("token of the factory") });
  else {
    CLAIM.write(store, { ...claim, url: HOME });
    TOKEN.write(store, { token: new Secret("token"), url: HOME });
  }
  const context = new DeviceContext(world.device, url, options);
  return [context.claim()?.certificate, context.deviceToken()?.reveal()];
}

test("a claim and a token go to the address that they were stored with", () => {
  expect(given(HOME, {})).toEqual(["certificate", "token"]);
  expect(given(ELSEWHERE, {})).toEqual([undefined, undefined]);
});

test("in a trial that nobody has confirmed they stay, the factory's token with them", () => {
  expect(given(HOME, { isForeign: true })).toEqual([undefined, undefined]);
  expect(given(ELSEWHERE, { isForeign: true }, true)).toEqual([undefined, undefined]);
  expect(given(ELSEWHERE, {}, true)).toEqual([undefined, "token of the factory"]);
});

test("what was handed over with the trial goes along", () => {
  const handed = { claim: { ...claim, certificate: "new" }, token: new Secret("new token") };
  expect(given(ELSEWHERE, { isForeign: true, handed })).toEqual(["new", "new token"]);
});

test("what an older layout has stored belongs to the stored address", () => {
  const world = new World(goodWorld());
  const { store } = world.device;
  CLAIM.write(store, claim);
  TOKEN.write(store, { token: new Secret("token") });
  expect(new DeviceContext(world.device, HOME).claim()).toBeDefined();
  expect(new DeviceContext(world.device, HOME).deviceToken()?.reveal()).toBe("token");
  expect(new DeviceContext(world.device, ELSEWHERE, { isForeign: true }).claim()).toBeUndefined();
});

test("firmware that a service on trial offers is left alone: the device may be back with its own service a minute later", () => {
  const offer = { version: "9.9.9", urls: ["http://evil.example.com/f.bin"], force: true } as unknown as FirmwareOffer;
  const offered = (url: string, options: ServiceOptions) => {
    const world = new World(goodWorld());
    new DeviceContext(world.device, url, options).offerFirmware(offer);
    return world.offers.length;
  };
  expect(offered(ELSEWHERE, { isTrial: true, isForeign: true })).toBe(0);
  expect(offered(HOME, { isForeign: true })).toBe(0);
  expect(offered(HOME, { isTrial: true })).toBe(0);
  expect(offered(HOME, {})).toBe(1);
});
