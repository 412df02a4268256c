import { adviceOf } from "../../modules/failure/failure.js";
import { frozen } from "./frozen.js";
import type { Texts } from "./texts.js";

export const en: Texts = frozen({
  name: "English",
  title: "Set up this device",

  trying: (ssid) => `Connecting to ${ssid}`,
  tryingNote: "This phone may lose the device’s network for some seconds. Stay on this page.",
  steps: {
    associated: "Wi-Fi joined",
    address: "IP address received",
    name: "Service found by name",
    service: "Accepted by the service",
  },
  stepStates: { done: "done", now: "in progress", next: "not yet", bad: "failed" },
  failed: (ssid) => `It did not work with ${ssid}`,
  failedBefore: "It did not work the last time",
  advice: adviceOf,
  correct: "Correct the settings below and send them again.",
  keepNote: "If you are sure that they are right, the device can keep them and go on trying.",
  keep: "Keep anyway",
  keptNote: "The settings are stored.",
  activating: "Enter this code",
  activateAt: (address) => `on a device that has internet, at ${address}`,
  activatingNote: "The Wi-Fi works. This page tells you when the code has been accepted.",
  change: "Change the settings",
  done: "All set",
  activated: "The code was accepted.",
  doneNote: (ssid) => `The device restarts and joins ${ssid}. You can close this page.`,

  stale: "This page was out of date. Please check the settings and send them again.",
  networks: "Networks in range",
  refresh: "Refresh",
  scanning: "Searching…",
  noNetworks: "None found.",
  signals: ["weak", "fair", "good", "strong"],
  secured: "password",
  open: "open",
  ssid: "Wi-Fi network",
  password: "Wi-Fi password",
  unchanged: "unchanged",
  show: "Show",
  url: "Provisioning address",
  urlLocked: "Set by the manufacturer.",
  advanced: "Advanced",
  protocol: "Kind of service",
  protocols: {
    automatic: "Find out automatically",
    "device-service": "Device provisioning service",
    "activation-v1": "Activation with a code, v1",
    "activation-v2": "Activation with a code, v2 (signed)",
  },
  claim: "AWS IoT: claim certificate and private key (PEM)",
  claimStored: "One is stored. Leave this empty to keep it.",
  claimFile: (address) => `To choose files, open ${address} in Safari or Chrome.`,
  submit: "Save and connect",
  mistakes: {
    "ssid-missing": "Choose a network or type its name.",
    "ssid-too-long": "A network name has at most 32 bytes.",
    "password-length": "A Wi-Fi password has 8 to 63 letters, digits or signs. Leave it empty for an open network.",
    "password-needed": "This network has a password. Type it here.",
    "password-refused": "The network refused this password. Type it again.",
    "protocol-unknown": "Choose the kind of service from the list.",
    "url-invalid": "Type the provisioning address, for example http://provision.example.com",
    "claim-invalid": "Paste one certificate and its private key, both in PEM format.",
    "claim-too-large": "The certificate and its key are too long for the device.",
  },

  known: "Saved networks",
  preferred: (ssid) => `${ssid} (tried first)`,
  prefer: "Try first",
  forget: "Forget",

  facts: { mac: "MAC", serial: "Serial number", firmware: "Firmware", address: "This page" },

  script: {
    other: "Other network…",
    chooseFile: "Certificate and key files",
    reconnecting:
      "Reconnecting… If this phone has left the device’s Wi-Fi, join it again. If that is gone, the device has finished.",
  },
});
