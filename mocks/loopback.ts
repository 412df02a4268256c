/** A virtual device and the mock cloud on one machine, introduced to each other as a factory would. */
import type { MockCloud } from "./cloud/cloud.js";
import { readMemory, writeMemory } from "./cloud/memory.js";
import { openCloud } from "./cloud/open.js";
import { PortTakenError } from "./cloud/port-taken.js";
import { choosePort } from "./device/ports.js";
import { VirtualDevice } from "./device/virtual-device.js";

export interface Loopback {
  readonly cloud: MockCloud;
  readonly device: VirtualDevice;
  close(): Promise<void>;
}

export interface LoopbackOptions {
  readonly stateFile: string;
  /** What the cloud remembers from one start to the next. Left out: it begins anew each time. */
  readonly cloudFile?: string;
  log(line: string): void;
}

/**
 * Default ports where they are free, others where they are not; those that the device has stored where the cloud
 * remembers them.
 * @throws with a sentence for a person
 */
export async function openLoopback(options: LoopbackOptions): Promise<Loopback> {
  const cloud = await openRemembered(options);
  const device = new VirtualDevice({
    stateFile: options.stateFile,
    portalPort: await choosePort("tcp", undefined),
    dnsPort: await choosePort("udp", undefined),
    // A reading every few seconds: somebody is watching.
    config: { provisioningUrl: cloud.xiaozhiUrl, dataIntervalMs: 5_000 },
  });
  const { cloudFile } = options;
  // What the two agree on changes with the device's states, and who ends a terminal does not wait.
  const keep = () => cloudFile !== undefined && writeMemory(cloudFile, cloud.memory);
  device.on("state", keep);
  return {
    cloud,
    device,
    async close() {
      keep();
      await device.stop();
      await cloud.stop();
    },
  };
}

async function openRemembered({ cloudFile, log }: LoopbackOptions): Promise<MockCloud> {
  const memory = cloudFile === undefined ? undefined : readMemory(cloudFile);
  const ports = memory && { http: memory.httpPort, mqtt: memory.mqttPort };
  try {
    const remembered = memory?.devices ?? [];
    return await openCloud({ ...ports, options: { log, remembered, autoRegister: true } });
  } catch (error) {
    if (!(error instanceof PortTakenError)) throw error;
    throw new Error(`Port ${error.port} is in use, and the device knows the cloud by it: free it.`);
  }
}

/** Powers the device up; from then on the cloud knows its serial number and key. */
export async function powerUp({ cloud, device }: Loopback): Promise<void> {
  await device.start();
  const { mac, serial, hmacKey } = device.identity!;
  cloud.addDevice({ mac, serial, hmacKeyHex: hmacKey });
}
