/** A session with a broker that takes everything, and acknowledges it a moment later. */
import type { Clock } from "../../modules/clock/clock.js";
import type { Failure } from "../../modules/failure/failure.js";
import type { Message, MqttOptions, MqttSession } from "../../modules/mqtt/mqtt.js";

export interface ScriptedSession {
  readonly session: MqttSession;
  end(failure: Failure): void;
}

/** @param take hears what is published */
export function openSession(
  clock: Clock,
  options: MqttOptions,
  ackMs: number,
  take: (message: Message) => void,
): ScriptedSession {
  let lastId = 0;
  let isOver = false;
  let resolve!: (failure: Failure) => void;
  const ended = new Promise<Failure>((done) => {
    resolve = done;
  });
  const end = (failure: Failure) => {
    isOver = true;
    resolve(failure);
  };
  return {
    end,
    session: {
      sessionPresent: false,
      publish(message) {
        if (isOver) return "later";
        take(message);
        if (message.qos === 0) return { packetId: 0 };
        const packetId = message.packetId ?? ++lastId;
        clock.after(ackMs, () => !isOver && options.onAcknowledged?.(packetId));
        return { packetId };
      },
      close: end,
      ended,
    },
  };
}
