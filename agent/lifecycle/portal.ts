/** The portal as a state of the device: why it opens, and when it ends without a person. */

import { retryDelayMs } from "../../modules/base/retry.js";
import { sleep } from "../../modules/clock/clock.js";
import { formatAddress, parseAddress } from "../../modules/data/address.js";
import { accessPointName } from "../../modules/identity/identity.js";
import { SETTINGS, type Settings } from "../../modules/settings/settings.js";
import type { UpdateStatus } from "../../modules/update/update.js";
import { joinKnown } from "../../modules/wifi/join.js";
import { explainJoin } from "../../modules/wifi/scan.js";
import { openPortal, type Portal, type PortalOptions } from "../../softap/portal.js";
import type { Build, Device } from "../device/device.js";
import { showingOnce } from "../display/display.js";
import { serviceOf } from "./service.js";

/** Why it is open, where a person did not ask for it. */
export type PortalCause = Partial<Pick<PortalOptions, "failure" | "pending">>;

/** Somebody who reads a password from a label asks nothing of the portal for a while; joining can drop a phone. */
const PORTAL_QUIET_MS = 120_000;
/** Nobody comes: the stored networks get all of the radio once more. */
const PORTAL_IDLE_MS = 600_000;
/** How often the portal looks whether somebody is there. */
const PORTAL_CHECK_MS = 15_000;

/** The stored ones; where the build locks the address, with that and whatever it speaks. */
export function readSettings({ store, build }: Device): Settings | undefined {
  const stored = SETTINGS.read(store);
  const locked = lockedUrl(build);
  return stored && locked ? { ...stored, url: locked, protocol: "automatic" } : stored;
}

/** As settings have it; an address that makes no sense locks nothing. */
function lockedUrl({ provisioningUrl, provisioningUrlLocked }: Build): string | undefined {
  const url = provisioningUrlLocked ? parseAddress(provisioningUrl) : undefined;
  return url && formatAddress(url);
}

/**
 * @param attempt failures in a row before it opened
 * @returns the stored settings where they are worth another try and nobody looks, undefined when new ones are kept
 */
export async function runPortal(
  device: Device,
  { failure, pending }: PortalCause,
  attempt: number,
): Promise<Settings | undefined> {
  const { wifi, build, identity } = device;
  const locked = lockedUrl(build);
  const stored = readSettings(device);
  const networks = await wifi.scan({ passive: false }); // before there are phones that it would drop
  const seen = failure && explainJoin(failure, networks, failure.detail);
  const opened = openPortal({
    io: {
      ...device,
      showCode: showingOnce(device.display),
      serviceAt: (target, handed) => serviceOf(device, target, { handed, isTrial: target.url !== stored?.url }),
    },
    random: device.random,
    store: device.store,
    journal: device.journal,
    networks,
    pending,
    failure: seen,
    ssid: accessPointName(identity.mac),
    password: identity.accessPointPassword,
    address: build.accessPointAddress,
    httpPort: build.portalPort,
    dnsPort: build.dnsPort,
    defaultUrl: locked ?? build.provisioningUrl,
    urlLocked: locked !== undefined,
    facts: {
      mac: identity.mac,
      serial: identity.serial,
      firmware: build.firmwareVersion + ofUpdate(device.updates.status),
    },
  });
  try {
    return (await Promise.race([opened.ended, resume(device, opened, attempt)])) ?? undefined;
  } finally {
    opened.close();
  }
}

/** What became of an update, for whoever asks why the version is not the new one. */
function ofUpdate(status: UpdateStatus | undefined): string {
  if (!status || status.state === "updated") return "";
  const { version, state, percent, reason } = status;
  const said = [state, percent === undefined ? undefined : `${percent} %`, reason].filter((part) => part !== undefined);
  return ` (${version}: ${said.join(", ")})`;
}

/**
 * Ends when the stored settings are worth another try and nobody is there. Never ends without stored networks: then
 * only a person can help. With a configuration the broker may be there whatever the service says, and whether or not
 * somebody enters the code that it wants.
 */
async function resume(device: Device, opened: Portal, attempt: number): Promise<Settings> {
  const { clock, random, wifi, journal, pauses } = device;
  const isWanted = () => opened.isOpen && !opened.isBusy;
  const pauseMs = () => (failure ? retryDelayMs(failure, attempt++, random) : 0);
  let { failure } = opened;
  for (let nextTryMs = clock.ticksMs() + pauseMs(); ; ) {
    // Give or take a quarter: devices that opened their portals together must not ask the service together.
    await sleep(clock, PORTAL_CHECK_MS * (0.75 + random() / 2));
    if (!opened.isOpen) return new Promise(() => {});
    if (opened.failure !== failure) {
      failure = opened.failure;
      nextTryMs = clock.ticksMs() + pauseMs();
    }
    const settings = readSettings(device);
    if (!settings?.networks.length) continue;
    if (
      wifi.joined &&
      journal.stored(settings.url).length > 0 &&
      opened.isIdle(failure ? PORTAL_QUIET_MS : PORTAL_IDLE_MS)
    ) {
      if (failure && nextTryMs > clock.ticksMs()) pauses.begin("service", nextTryMs - clock.ticksMs());
      return settings;
    }
    // A service that asks for a long pause keeps the portal open for as long.
    if (opened.isBusy || clock.ticksMs() < nextTryMs) continue;
    if (opened.isIdle(PORTAL_IDLE_MS)) return settings;
    if (!failure || !opened.isIdle(PORTAL_QUIET_MS)) continue;
    if (wifi.joined) return settings;
    const joined = await joinKnown(device, settings.networks, { limitMs: 0, passive: true, isWanted });
    if (joined.ok) return settings;
    nextTryMs = clock.ticksMs() + pauseMs();
  }
}
