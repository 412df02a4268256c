/** What the build made of the firmware. */
import { readFileSync } from "node:fs";

/** Seen from sources or from the compiled tree, the compiled tree's root. */
export const built = new URL(import.meta.url.endsWith(".ts") ? "../../build/host/" : "../../", import.meta.url);

/** What the SDK's build would make of the `config` of the agent's manifest and the product's, without the platforms' parts. */
export function manifestConfig(): Record<string, unknown> {
  return { ...configOf("agent/manifest.json"), ...configOf("manifest.json") };
}

function configOf(path: string): Record<string, unknown> | undefined {
  const manifest: unknown = JSON.parse(readFileSync(new URL(`../../${path}`, built), "utf8"));
  return (manifest as { config?: Record<string, unknown> }).config;
}

/** The same with what stands there for the chip's part. */
export function deviceConfig(portalPort: number, dnsPort: number): Record<string, unknown> {
  return {
    ...manifestConfig(),
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
