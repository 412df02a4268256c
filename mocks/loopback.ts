/** A virtual device and the mock cloud on one machine, introduced to each other as a factory would. */
import type { MockCloud } from "./cloud/cloud.js";
import { openCloud } from "./cloud/open.js";
import { choosePort } from "./device/ports.js";
import { VirtualDevice } from "./device/virtual-device.js";

export interface Loopback {
  readonly cloud: MockCloud;
  readonly device: VirtualDevice;
  close(): Promise<void>;
}

/** Default ports where they are free, others where they are not. */
export async function openLoopback(options: { stateFile: string; log(line: string): void }): Promise<Loopback> {
  const cloud = await openCloud({ options: { log: options.log, autoRegister: true } });
  const device = new VirtualDevice({
    stateFile: options.stateFile,
    portalPort: await choosePort("tcp", undefined),
    dnsPort: await choosePort("udp", undefined),
    // A reading every few seconds: somebody is watching.
    config: { provisioningUrl: cloud.xiaozhiUrl, dataIntervalMs: 5_000 },
  });
  return {
    cloud,
    device,
    async close() {
      await device.stop();
      await cloud.stop();
    },
  };
}

/** Powers the device up; from then on the cloud knows its serial number and key. */
export async function powerUp({ cloud, device }: Loopback): Promise<void> {
  await device.start();
  const { mac, serial, hmacKey } = device.identity!;
  cloud.addDevice({ mac, serial, hmacKeyHex: hmacKey });
}
