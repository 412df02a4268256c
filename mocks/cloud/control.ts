import type { MqttAccount } from "./credentials.js";

/** `ping` and `reboot` as each family of servers says them. */
export function controlMessage(family: MqttAccount["family"], action: "ping" | "reboot"): unknown {
  if (family === "service") return { cmd: action };
  if (action === "reboot") return { type: "system", command: "reboot" };
  // xiaozhi has no ping of its own; the Model Context Protocol that it carries does.
  return { type: "mcp", payload: { jsonrpc: "2.0", id: 1, method: "ping" } };
}
