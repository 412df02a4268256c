import type { Calendar } from "../modules/clock/set.js";

/** Shows the host's time, and needs nobody to tell it. */
export const rightCalendar: Calendar = {
  ensure: () => Promise.resolve(),
  doubt() {},
  suggest() {},
  prove() {},
  get earliestMs() {
    return Date.now();
  },
  get latestMs() {
    return Date.now();
  },
  isKnown: true,
};
