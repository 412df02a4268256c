/** What the build made of the firmware. */
import { OWN_MANIFEST, readParts } from "../../tools/manifests.js";

/** Seen from sources or from the compiled tree, the compiled tree's root. */
export const built = new URL(import.meta.url.endsWith(".ts") ? "../../build/host/" : "../../", import.meta.url);

/** What the SDK's build would make of the `config` of the agent's manifest and the product's, without the platforms' parts. */
export function manifestConfig(): Record<string, unknown> {
  return readParts(OWN_MANIFEST, "lin").config;
}

/** @param config of the manifests; what is the chip's part of them is put over it */
export function deviceConfig(
  portalPort: number,
  dnsPort: number,
  config: Readonly<Record<string, unknown>> = manifestConfig(),
): Record<string, unknown> {
  return {
    ...config,
    portalPort,
    dnsPort,
    accessPointAddress: "127.0.0.1",
    accessPointOpen: false,
    buttonPin: 0,
    file: { root: "/mod/" },
    // No time server answers on the host: the calendar starts where the build says.
    buildTimeMs: Date.now(),
    timeServers: [],
  };
}
