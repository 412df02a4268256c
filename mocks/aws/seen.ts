/** The devices that an account has seen, for the mock cloud's page. */
import type { AwsDeviceView } from "../cloud/aws-device.js";
import { printable } from "../cloud/text.js";
import type { MockAws } from "./aws.js";

const MAX_DEVICES = 100;

/** @returns them as they are at each call, the one that was heard last first */
export function watchDevices(aws: MockAws, isDevice: (clientId: string) => boolean): () => AwsDeviceView[] {
  const seen = new Map<string, AwsDeviceView>();
  aws.onEvent((event) => {
    if (event.type !== "connected" && event.type !== "disconnected" && event.type !== "message") return;
    const { clientId } = event;
    if (!isDevice(clientId)) return;
    const former = seen.get(clientId) ?? {
      name: printable(clientId, 64),
      certificateId: "",
      online: false,
      last: null,
      lastSeenMs: 0,
    };
    seen.delete(clientId);
    const online = event.type !== "disconnected";
    const told =
      event.type === "message"
        ? { last: `${printable(event.topic, 120)} ${printable(event.payload.toString(), 400)}` }
        : { certificateId: event.certificateId.slice(0, 8) };
    seen.set(clientId, { ...former, ...told, online, lastSeenMs: Date.now() });
    if (seen.size > MAX_DEVICES) seen.delete(seen.keys().next().value!);
  });
  return () => [...seen.values()].reverse();
}
