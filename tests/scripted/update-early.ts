/** Firmware that is offered while the board goes online. */
import type { UpdateLife } from "./update-life.js";

/** The image is asked for when the broker has acknowledged the session's first messages. */
export function offeredTooEarly() {
  let order: string[] = [];
  return {
    arrange(life: UpdateLife) {
      order = [];
      life.onStart = ({ broker, device }) => {
        if (life.starts > 0) return;
        device.updates.offered(life.offer);
        broker.breaksAt = (packet) => {
          order.push(packet);
          return false;
        };
      };
    },
    manners() {
      order.push("download");
      return {};
    },
    check() {
      const before = order.slice(0, order.indexOf("download"));
      if (!before.includes("puback down")) throw new Error(`the download has to wait: ${order.join(", ")}`);
    },
  };
}
