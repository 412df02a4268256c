/**
 * The order in which the chip's main loop does things (build/devices/esp32/lib/main/main.c, xsHost.c): first the timers
 * that are due, then the messages that were waiting when the turn began. So a timer set for no time at all fires before
 * the next delivery of any socket; the SDK's clients rely on that.
 */

type Action = () => void;

const due = new Set<Action>();
let messages: Action[] = [];
let scheduled = false;

/** Delivers to the device in a later turn, in order. */
export function post(message: Action): void {
  messages.push(message);
  schedule();
}

/** Fires at the start of the next turn. Returns what prevents it. */
export function fireNext(timer: Action): Action {
  const action = () => timer();
  due.add(action);
  schedule();
  return () => due.delete(action);
}

function schedule(): void {
  if (scheduled) return;
  scheduled = true;
  setImmediate(turn);
}

function turn(): void {
  const timers = [...due];
  const waiting = messages;
  messages = [];
  try {
    // One timer may clear another that is due, too.
    for (const timer of timers) if (due.delete(timer)) timer();
    for (let message = waiting.shift(); message; message = waiting.shift()) message();
  } finally {
    // What an exception left over; on the chip there is no one any more to see it.
    messages.unshift(...waiting);
    scheduled = false;
    if (due.size > 0 || messages.length > 0) schedule();
  }
}
