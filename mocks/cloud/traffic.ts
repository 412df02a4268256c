/** A message that a device published, its last will included. The payload is read as UTF-8. */
export type MessageListener = (topic: string, payload: string, clientId: string, retain: boolean) => void;

/** A message to or from a device, for whoever keeps a list. */
export interface Traffic {
  direction: "up" | "down";
  mac: string;
  topic: string;
  payload: string;
}
