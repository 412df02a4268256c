import type { Client } from "aedes";

/**
 * What comes behind CONNECT waits until that is answered (MQTT 3.1.1 §3.2.0-1: CONNACK is a server's first packet). aedes
 * waits a turn later only: a PUBLISH between the two has its PUBACK first, and a client takes that for a broken broker.
 * @param client of aedes' `preConnect`; aedes goes on reading when CONNACK is out
 */
export function connackFirst(client: Client): void {
  (client as unknown as { pause(): void }).pause();
}
