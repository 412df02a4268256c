/**
 * The protocols. A new one has a folder beside this file, its line in the list, and, where people may choose it, a text in
 * the languages of the page (softap/page). The manifest (provisioning/manifest.json) names and preloads its modules.
 */
import { deviceService } from "./device-service/device-service.js";
import { fleet } from "./fleet/fleet.js";
import { justInTime } from "./just-in-time/just-in-time.js";
import type { Protocol } from "./protocol.js";
import { vending } from "./vending/vending.js";
import { activationV1, activationV2, xiaozhi } from "./xiaozhi/xiaozhi.js";

/** In the order in which they are looked for, in an address and then by requests. */
export const PROTOCOLS: readonly Protocol[] = Object.freeze([
  vending,
  fleet,
  justInTime,
  deviceService,
  xiaozhi,
  activationV1,
  activationV2,
]);

/** What a service speaks that does not show itself: the device service of old has no `/health`. */
export const FALLBACK: Protocol = deviceService;
