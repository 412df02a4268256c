import type { Agent } from "../application/application.js";
import { failed } from "../failure/failure.js";
import { formatObject } from "../json/json.js";
import type { Device } from "../lifecycle/device.js";

/** Through the outbox: now, or when the broker is there. */
export function publisher({ outbox }: Pick<Device, "outbox">): Agent["publish"] {
  return (topic, content, durable = false) => {
    const payload = formatObject(content);
    return payload === undefined ? failed("message-invalid", topic) : outbox.add({ topic, payload, durable });
  };
}
