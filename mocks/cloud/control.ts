import type { MqttAccount } from "./credentials.js";

/** `ping`, `update` and `reboot`, as the device of this project answers them; xiaozhi's servers have a `reboot` of their own. */
export function controlMessage(family: MqttAccount["family"], action: "ping" | "update" | "reboot"): unknown {
  return family === "xiaozhi" && action === "reboot" ? { type: "system", command: "reboot" } : { cmd: action };
}
