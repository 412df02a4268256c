/** What a broker's answers mean. */

import type { Reason } from "../base/failure.js";
import type { MqttOptions } from "./mqtt.js";

const SUBACK_FAILURE = 0x80;

/** Of a CONNACK (MQTT 3.1.1 §3.2.2.3). @param returnCode not 0 */
export function refusal(returnCode: number): Reason {
  if (returnCode === 3) return "broker-busy";
  return returnCode === 4 || returnCode === 5 ? "broker-credentials" : "broker-refused";
}

/** Of a SUBACK (§3.9.3). @returns the first topic that is refused */
export function refusedTopic({ subscribe, qos, onNote }: MqttOptions, codes: readonly number[]): string | undefined {
  for (let index = 0; index < subscribe.length; index++) {
    const [topic, code] = [subscribe[index]!, codes[index] ?? SUBACK_FAILURE];
    if (code >= SUBACK_FAILURE) return topic;
    if (code < qos) onNote?.(`mqtt: the broker grants quality ${code} for ${topic}, not ${qos}`);
  }
  return undefined;
}
