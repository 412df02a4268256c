import type { Build } from "../../agent/device/device.js";

export const PORTAL = "192.168.4.1";

export const build: Build = {
  firmwareVersion: "1.0.0",
  hardwareVersion: "ESP32-S3",
  hostName: "",
  productId: "esp32-online",
  accessPointAddress: PORTAL,
  accessPointOpen: false,
  console: true,
  portalPort: 80,
  dnsPort: 53,
  provisioningUrl: "",
  provisioningUrlLocked: false,
  dataIntervalMs: 60_000,
  language: "fr-FR",
  firmwareCheckIntervalMs: 86_400_000,
  skipActivation: false,
  firmwareWithoutChecksum: false,
  firmwareMinimumVersion: "",
};
