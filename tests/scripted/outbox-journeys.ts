/** The outbox in every engine. */
import { MAX_PAYLOAD_BYTES } from "../../modules/mqtt/mqtt.js";
import type { Playable } from "./journeys.js";
import { Bench } from "./outbox.js";
import { liveOutbox } from "./outbox-power.js";
import { ScriptedStore } from "./store.js";

type Enter = (played: Playable) => void;

/** Every third cut of a life; bare XS takes its time. */
function outboxPowerFails(enter: Enter): Promise<void> {
  return inTurns(enter, () => {
    let cut = 1;
    return () => {
      const operations = liveOutbox(1, cut);
      cut += 3;
      return operations >= cut;
    };
  });
}

const WARM_TURNS = 20;
const TURNS = 120;
const MESSAGES = 40;

/** Thousands of messages of both kinds, half of the sessions lost on the way: the heap holds what it held. */
function outboxSteady(enter: Enter): Promise<void> {
  return inTurns(
    enter,
    () => {
      const store = new ScriptedStore();
      const bench = new Bench(store);
      let turns = 0;
      return () => {
        bench.attach();
        for (let count = 0; count < MESSAGES; count++) {
          const payload = String(count).padEnd((count * 97) % MAX_PAYLOAD_BYTES, ".");
          if (!bench.add(payload, count % 5 === 0)) throw new Error(`message ${count} was refused`);
          if (count % 3 === 0) bench.acknowledgeAll();
          if (count % 16 === 8) {
            bench.lose();
            bench.attach({ present: count % 32 === 8 });
          }
        }
        bench.settle();
        bench.lose();
        const { queued, dropped, sent } = bench.outbox.stats;
        turns++;
        if (queued + dropped > 0 || sent !== turns * MESSAGES || store.entries.size > 0)
          throw new Error(`${queued} queued, ${dropped} dropped, ${sent} sent, ${store.entries.size} stored`);
        return turns < TURNS;
      };
    },
    WARM_TURNS,
  );
}

/** @param begin makes what is called turn by turn, until it returns false */
function inTurns(enter: Enter, begin: () => () => boolean, warmTurns = Number.POSITIVE_INFINITY): Promise<void> {
  return new Promise((resolve) => {
    const goOn = begin();
    let turns = 0;
    let isOver = false;
    enter({
      turn() {
        turns++;
        isOver = !goOn();
        if (isOver) resolve();
      },
      get isSteady() {
        return turns >= warmTurns && !isOver;
      },
    });
  });
}

export const outboxJourneys = { outboxPowerFails, outboxSteady };
