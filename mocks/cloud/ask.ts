/** A command with its answer: what a device says with the command's id, as it is or behind xiaozhi's gateway. */
import { makeUuid } from "./credentials.js";
import type { Operated } from "./operated.js";
import { asObject, parseObject } from "./text.js";

/** Behind a gateway, over TLS, with a reading in front of it. */
const ANSWER_MS = 5_000;

/**
 * @param command as `{"cmd":"ping"}`; one without an id gets one
 * @returns the answer as it came, or null where none came in time
 * @throws {RangeError} where the device is not connected
 */
export async function ask(
  cloud: Pick<Operated, "onMessage" | "sendControl">,
  mac: string,
  command: Record<string, unknown>,
): Promise<string | null> {
  const id = command.id ?? makeUuid(crypto.getRandomValues(new Uint8Array(16)));
  let timer: NodeJS.Timeout | undefined;
  let off = () => {};
  try {
    const answer = new Promise<string | null>((done) => {
      off = cloud.onMessage((_topic, payload) => isAnswer(payload, id) && done(payload));
      timer = setTimeout(done, ANSWER_MS, null);
    });
    if (!(await cloud.sendControl(mac, { ...command, id })))
      throw new RangeError("command: the device is not connected");
    return await answer;
  } finally {
    off();
    clearTimeout(timer);
  }
}

function isAnswer(payload: string, id: unknown): boolean {
  const message = parseObject(payload);
  const told = asObject(asObject(message?.payload)?.params) ?? message;
  return told !== null && told.id === id && "ok" in told;
}
