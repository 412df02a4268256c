import type { Broker } from "./broker.js";
import type { Registry } from "./registry.js";

type Found = ReturnType<Registry["find"]>;

/**
 * `ping`, `update` and `reboot`: through xiaozhi's gateway as tools of the device, where its server has a `reboot` of its
 * own, and else as this project's device takes them. @returns whether the device is connected
 */
export async function instruct(broker: Broker, device: Found, action: "ping" | "update" | "reboot"): Promise<boolean> {
  const family = device && broker.onlineFamily(device.mac);
  if (!family) return false;
  if (family === "xiaozhi" && action === "reboot")
    return broker.sendControl(device, { type: "system", command: action });
  const gateway = broker.gatewayOf(device.mac);
  if (!gateway) return broker.sendControl(device, { cmd: action });
  // Its answer is on the page, among the messages.
  gateway.command("tools/call", { name: action, arguments: {} }).catch(() => undefined);
  return true;
}
