/** Set-ups in a row: what was given up has let go of its timers, joins and requests before the next one begins. */
import { expect } from "vitest";
import { failed, type Result } from "../../modules/base/failure.js";
import type { HttpResponse } from "../../modules/http/http.js";
import { life, pass, SECOND, storedIn } from "../lifecycle/support.js";
import { answer, deviceInfo, SECRETS } from "../scripted/cloud.js";
import type { World } from "../scripted/world.js";

/** Counts the timers that are set, from now on. */
function countTimers({ clock }: World): () => number {
  const set = new Set<object>();
  const after: typeof clock.after = clock.after.bind(clock);
  const cancel = clock.cancel.bind(clock);
  clock.after = <T>(delayMs: number, task: (target: T) => void, target?: T) => {
    const timer = after(
      delayMs,
      (given) => {
        set.delete(timer);
        task(given as T);
      },
      target,
    );
    set.add(timer);
    return timer;
  };
  clock.cancel = (timer) => {
    if (timer) set.delete(timer);
    cancel(timer);
  };
  return () => set.size;
}

for (const [count, intervalMs] of [
  [17, 60],
  [8, 1.3 * SECOND],
  [12, 4 * SECOND],
] as const)
  life(`${count} set-ups, one each ${intervalMs} ms`, async ({ boot }) => {
    const hosts: string[] = [];
    let pending = 0;
    let mostPending = 0;
    let mostTimers = 0;
    let timers = () => 0;
    const world = boot({}, undefined, (device) => {
      timers = countTimers(device);
    });
    world.script.http = async ({ url }): Promise<Result<HttpResponse>> => {
      hosts.push(url.host);
      mostPending = Math.max(mostPending, ++pending);
      await world.clock.later(20 * SECOND, () => undefined);
      pending--;
      return url.host.startsWith("last") ? answer(200, deviceInfo()) : failed("timeout");
    };
    await world.untilState("portal");
    const before = timers();
    for (let number = 1; number <= count; number++) {
      const host = number === count ? "last" : `n${number}`;
      world.fillIn({ ssid: "Home", password: SECRETS.wifi, url: `http://${host}.example.com` });
      await pass(world, intervalMs);
      mostTimers = Math.max(mostTimers, timers() - before);
    }
    await world.until(() => world.phase === "done");
    expect([mostPending, hosts.at(-1)]).toEqual([1, "last.example.com"]);
    // A request takes as long as five set-ups: most of those in between never began.
    expect(new Set(hosts).size).toBeLessThanOrEqual(3);
    // The script's join under way, its request, the pause before the next trial.
    expect(mostTimers).toBeLessThanOrEqual(4);
    await world.until(() => world.restarted);
    expect(storedIn(world)?.url).toBe("http://last.example.com/");
  });
