import { failed } from "../../modules/base/failure.js";
import { formatObject } from "../../modules/data/json.js";
import type { Agent } from "../application/application.js";
import type { Device } from "../device/device.js";

/** Through the outbox: now, or when the broker is there. */
export function publisher({ outbox }: Pick<Device, "outbox">): Agent["publish"] {
  return (topic, content, durable = false) => {
    const payload = formatObject(content);
    return payload === undefined ? failed("message-invalid", topic) : outbox.add({ topic, payload, durable });
  };
}
