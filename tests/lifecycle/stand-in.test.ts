/** HTTP stands in where MQTT stays blocked. */
import { expect } from "vitest";
import { failed } from "../../modules/base/failure.js";
import type { HttpRequest } from "../../modules/http/http.js";
import { answer, deviceService, seedInfo } from "../scripted/cloud.js";
import { pathOf, type World } from "../scripted/world.js";
import { HOUR, life, MINUTE, pass, SECOND, withSettings } from "./support.js";

const isUpload = (request: HttpRequest) => pathOf(request).includes("/data/upload");
const counts = (requests: readonly HttpRequest[]) =>
  requests.filter(isUpload).map(({ body }) => (JSON.parse(body!) as { sensors: { count: number } }).sensors.count);

const published = (world: World) =>
  world.published
    .filter(({ topic }) => topic.endsWith("/data"))
    .map(({ payload }) => (JSON.parse(payload) as { count: number }).count);

/** The service takes what HTTP brings. */
const service = deviceService((request) =>
  pathOf(request).startsWith("/api/devices") ? answer(200, { success: true }) : answer(200, seedInfo()),
);

function counting(world: World): void {
  let count = 0;
  world.device = { ...world.device, application: { read: () => ({ count: ++count }) } };
}

life("readings go over HTTP while the broker cannot be reached, and none goes twice", async ({ boot }) => {
  const world = boot({ http: service }, withSettings(), counting);
  await world.untilState("online");
  await pass(world, SECOND);
  let isBlocked = true;
  world.script.broker = () => (isBlocked ? "unreachable" : undefined);
  world.session?.end(failed("connection-lost").failure);
  await pass(world, HOUR);
  isBlocked = false;
  await world.untilState("online", 2);
  await pass(world, 2 * MINUTE);
  const counted = published(world);
  const uploaded = counts(world.requests);
  expect(uploaded.length).toBeGreaterThan(50);
  const all = [...counted, ...uploaded].sort((a, b) => a - b);
  expect(all).toEqual(all.map((_, index) => index + 1));
  const statuses = world.requests.filter((request) => pathOf(request).includes("/status/update"));
  // Its pace is the status's: no second connection.
  expect(statuses.length).toBeGreaterThan(20);
  expect(statuses.length).toBeLessThanOrEqual(60);
  expect(JSON.parse(statuses[0]!.body!)).toMatchObject({ status: { online: true, rssi: -65 } });
});

life("readings begin with the boot: where MQTT is blocked from the start HTTP has them all", async ({ boot, warm }) => {
  for (const store of [withSettings(), await warm()]) {
    const world = boot({ http: service, broker: () => "unreachable" }, store, counting);
    await pass(world, HOUR);
    const uploaded = counts(world.requests);
    expect(uploaded.length).toBeGreaterThan(40);
    expect(uploaded).toEqual(uploaded.map((_, index) => index + 1));
  }
});

life("the board's own reading is its signal: there is none before there is a network", async ({ boot, warm }) => {
  const world = boot({}, await warm());
  await world.untilState("online");
  await pass(world, SECOND);
  const readings = world.published.filter(({ topic }) => topic.endsWith("/data"));
  expect(readings.map(({ payload }) => JSON.parse(payload))).toMatchObject([{ sensor: "wifi", rssi: -65 }]);
});

life("what the broker refuses is no reason: HTTP stays out of it", async ({ boot }) => {
  const world = boot({ http: service }, withSettings(), counting);
  await world.untilState("online");
  world.script.broker = () => "broker-refused";
  world.session?.end(failed("connection-lost").failure);
  await pass(world, HOUR);
  expect(world.requests.filter(isUpload)).toEqual([]);
});

life("a service that takes nothing loses nothing: the readings wait for the broker", async ({ boot }) => {
  const refusing = deviceService((request) =>
    pathOf(request).startsWith("/api/devices") ? answer(503, "") : answer(200, seedInfo()),
  );
  const world = boot({ http: refusing }, withSettings(), counting);
  await world.untilState("online");
  await pass(world, SECOND);
  let isBlocked = true;
  world.script.broker = () => (isBlocked ? "unreachable" : undefined);
  world.session?.end(failed("connection-lost").failure);
  await pass(world, 20 * MINUTE);
  isBlocked = false;
  await world.untilState("online", 2);
  await pass(world, MINUTE);
  const counted = published(world);
  expect(counted).toEqual(counted.map((_, index) => index + 1));
  expect(counted.length).toBeGreaterThan(20);
});

life("a persistent session is asked for where the service says so", async ({ boot, warm }) => {
  const info = seedInfo() as { mqtt_config: object };
  const http = deviceService(() =>
    answer(200, { ...info, mqtt_config: { ...info.mqtt_config, clean_session: false } }),
  );
  const world = boot({ http }, await warm());
  await world.untilState("online");
  expect(world.session!.options.cleanSession).toBe(true);
  await world.untilState("online", 2);
  expect(world.session!.options.cleanSession).toBe(false);
});
