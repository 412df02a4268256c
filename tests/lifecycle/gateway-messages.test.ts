/** What an application hears of xiaozhi's gateway, and says to the server behind it. */
import { expect, test } from "vitest";
import type { Json } from "../../modules/data/json.js";
import { ask, atTheGateway, type GatewayLine } from "../scripted/gateway.js";
import { play } from "../scripted/play.js";
import type { World } from "../scripted/world.js";
import { MINUTE, pass, SECOND } from "./support.js";

interface Scene {
  readonly world: World;
  readonly line: GatewayLine;
  readonly told: Json[];
}

/** The gateway has its tools. */
function scene(name: string, run: (scene: Scene) => Promise<void>): void {
  test(name, () =>
    play(async (enter) => {
      const told: Json[] = [];
      let count = 0;
      const application = { onMessage: (message: Json) => void told.push(message), read: () => ({ count: ++count }) };
      const [world, line] = await atTheGateway(enter, application);
      await world.until(() => line.gateway.tools.length > 9);
      await run({ world, line, told });
    }),
  );
}

const payloads = (line: GatewayLine) => line.up.map(({ payload }) => JSON.parse(payload) as Record<string, Json>);
const notifications = (line: GatewayLine, topic: string) =>
  payloads(line).filter(({ payload }) => payload?.method === `notifications/${topic}`);

scene("readings and status go to the server from hello to goodbye", async ({ world, line, told }) => {
  await pass(world, 5 * MINUTE);
  expect(payloads(line).filter(({ payload }) => payload?.id === undefined)).toEqual([]);
  world.agent.publish("data", { type: "hello", version: 3, transport: "udp" });
  await world.until(() => told.length > 0);
  expect(told).toMatchObject([{ type: "hello", session_id: "session-1", udp: { encryption: "aes-128-ctr" } }]);
  await pass(world, SECOND);
  expect(notifications(line, "status")).toMatchObject([
    { session_id: "session-1", type: "mcp", payload: { jsonrpc: "2.0", params: { online: true, rssi: -65 } } },
  ]);
  await pass(world, 5 * MINUTE);
  const readings = notifications(line, "data");
  expect(readings.length).toBeGreaterThanOrEqual(5);
  // Those that nobody could hear are gone, and counted.
  expect(readings[0]!.payload).toMatchObject({ params: { count: expect.any(Number) } });
  expect(world.agent.outbox.stats.dropped).toBeGreaterThanOrEqual(5);
  line.gateway.hangUp();
  await pass(world, SECOND);
  expect(told.at(-1)).toEqual({ type: "goodbye", session_id: "session-1" });
  const before = line.up.length;
  await pass(world, 5 * MINUTE);
  expect(line.up).toHaveLength(before);
  expect(line.down.filter(({ payload }) => payload.includes("goodbye"))).toHaveLength(1);
  expect(world.state).toBe("online");
});

scene("what must not be lost waits for a server", async ({ world, line }) => {
  world.agent.publish("data", { event: "alarm" }, true);
  await pass(world, MINUTE);
  expect([world.agent.outbox.stats.stored, notifications(line, "data")]).toEqual([1, []]);
  world.agent.publish("data", { type: "hello", version: 3 });
  await pass(world, SECOND);
  expect(notifications(line, "data")).toMatchObject([{ payload: { params: { event: "alarm" } } }]);
});

scene("alert and system are told; a reboot is obeyed, without an answer", async ({ world, line, told }) => {
  line.gateway.push({ type: "alert", status: "Error", message: "m", emotion: "sad" });
  line.gateway.push({ type: "system", command: "dance" });
  line.gateway.push({ type: "system", command: "reboot" });
  const before = line.up.length;
  await world.until(() => world.restarted);
  expect(told.map(({ type, command }) => command ?? type)).toEqual(["alert", "dance", "reboot"]);
  expect(line.up).toHaveLength(before);
});

scene("a command of the agent's own form is answered in the gateway's", async ({ world, line }) => {
  line.gateway.push({ cmd: "ping", id: 5 });
  await world.until(() => notifications(line, "status").length > 0);
  expect(notifications(line, "status")[0]!.payload).toMatchObject({ params: { cmd: "ping", id: 5, result: "pong" } });
});

scene("reboot as a tool is answered first", async ({ world, line }) => {
  expect(await ask(world, line, "tools/call", { name: "reboot" })).toMatchObject({ isError: false });
  expect(world.restarted).toBe(false);
  await world.until(() => world.restarted);
});
