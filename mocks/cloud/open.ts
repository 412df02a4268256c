import { MockCloud } from "./cloud.js";
import { PortTakenError } from "./port-taken.js";
import type { CloudOptions } from "./settings.js";

const defaultPorts = { http: 8001, mqtt: 1883 };

/**
 * Starts the cloud on the ports asked for (null: the default).
 * A default port that is taken gives way to a free one; one that was asked for does not.
 * @throws PortTakenError
 */
export async function openCloud({
  http = null,
  mqtt = null,
  options = {},
}: {
  http?: number | null;
  mqtt?: number | null;
  options?: CloudOptions;
}): Promise<MockCloud> {
  const ports = { http: http ?? defaultPorts.http, mqtt: mqtt ?? defaultPorts.mqtt };
  const asked = { http: http !== null, mqtt: mqtt !== null };
  for (;;) {
    const cloud = new MockCloud({ ...options, httpPort: ports.http, mqttPort: ports.mqtt });
    try {
      await cloud.start();
      return cloud;
    } catch (error) {
      if (!(error instanceof PortTakenError) || error.which === "https" || asked[error.which]) throw error;
      ports[error.which] = 0;
    }
  }
}
