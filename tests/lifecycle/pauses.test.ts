/** A pause that the service asks for, while the device has every reason to ask it. */
import { expect } from "vitest";
import { failed, success } from "../../modules/base/failure.js";
import { answer, deviceInfo, deviceService } from "../scripted/cloud.js";
import type { World } from "../scripted/world.js";
import { HOUR, life, MINUTE, pass, SECOND } from "./support.js";

const limited = success({ status: 429, body: "", retryAfterMs: HOUR });

for (const [trouble, reason] of [
  ["refuses the credentials", "broker-credentials"],
  ["is gone", "unreachable"],
] as const)
  life(`holds over lost networks and a broker that ${trouble}; then the service is asked`, async ({ boot, warm }) => {
    const asked: number[] = [];
    let isBrokerUp = true;
    const http = deviceService(() => {
      asked.push(world.clock.ticksMs());
      return asked.length === 1 ? limited : answer(200, deviceInfo("fresh"));
    });
    const broker: World["script"]["broker"] = ({ password }) =>
      isBrokerUp || password.reveal() === "fresh" ? undefined : reason;
    const world: World = boot({ http, broker }, await warm());
    await world.until(() => asked.length === 1); // the refresh
    await pass(world, SECOND);
    isBrokerUp = false;
    world.session?.end(failed("connection-lost").failure);
    for (let loss = 0; loss < 11; loss++) {
      await pass(world, 5 * MINUTE);
      world.loseWiFi();
    }
    expect(asked).toHaveLength(1);
    await world.untilState("online", 2);
    expect(asked[1]! - asked[0]!).toBeGreaterThanOrEqual(HOUR);
    expect(world.session?.options.password.reveal()).toBe("fresh");
    expect(world.clock.ticksMs() - asked[0]!).toBeLessThan(3 * HOUR);
  });
