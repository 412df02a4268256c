import type { EventEmitter } from "node:events";
import type { ExitReason, StateLine, VirtualDeviceEvents } from "./virtual-device-types.js";

type Speaking = EventEmitter<VirtualDeviceEvents> & { readonly state: StateLine | undefined };

/** Waits until the device says this state once more. @throws when it takes longer, or the device ends */
export function nextState(device: Speaking, state: string, timeoutMs: number): Promise<StateLine> {
  return new Promise((done, failed) => {
    const settle = () => {
      clearTimeout(timeout);
      device.off("state", onState);
      device.off("exit", onExit);
    };
    const onState = (line: StateLine) => {
      if (line.state !== state) return;
      settle();
      done(line);
    };
    const onExit = (reason: ExitReason, error?: Error) => {
      settle();
      failed(new Error(`${reason} before ${state}`, { cause: error }));
    };
    const timeout = setTimeout(() => {
      settle();
      failed(new Error(`${timeoutMs} ms without ${state}; last was ${device.state?.state ?? "nothing"}`));
    }, timeoutMs);
    device.on("state", onState);
    device.on("exit", onExit);
  });
}
