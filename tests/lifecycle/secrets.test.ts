import { expect } from "vitest";
import { host } from "../../mocks/moddable/host.js";
import { failed } from "../../modules/base/failure.js";
import { Console } from "../../modules/base/log.js";
import { toHex } from "../../modules/data/hex.js";
import { formatUrl } from "../../modules/data/url.js";
import { Activation, answer, deviceInfo, SECRETS, SERVICE_URL, XIAOZHI_URL } from "../scripted/cloud.js";
import { KEY } from "../scripted/identity.js";
import type { World } from "../scripted/world.js";
import { DAY, HOUR, life, pass, withSettings } from "./support.js";

const secrets = [SECRETS.wifi, SECRETS.mqtt, toHex(KEY), "rotated-pass-word"];

/** Everything that leaves the device but the form for the broker: console, topics, addresses, pages. */
function console_(world: World, lines: string[]): void {
  host.trace = (line) => lines.push(line);
  class Listening extends Console {
    protected override remember(event: string): void {
      lines.push(event);
    }
  }
  world.device = { ...world.device, log: new Listening() };
}

function expectNone(texts: readonly string[]): void {
  expect(texts.length).toBeGreaterThan(3);
  for (const secret of secrets) expect(texts.join("\n")).not.toContain(secret);
}

const left = (world: World) => [
  ...world.published.map(({ topic, payload }) => topic + payload),
  ...world.requests.map((request) => formatUrl(request.url) + JSON.stringify(request.headers) + request.body),
  ...world.joins.map(({ ssid }) => ssid),
];

life(
  "no secret is on the console, in a message or in a request, through all of a device service's life",
  async ({ boot }) => {
    const lines: string[] = [];
    const world = boot(
      {
        http: () => answer(200, deviceInfo(world.requests.length > 1 ? "rotated-pass-word" : SECRETS.mqtt)),
        broker: () => undefined,
      },
      withSettings(SERVICE_URL),
      (fresh) => console_(fresh, lines),
    );
    await pass(world, 2 * DAY);
    world.session?.options.onMessage({
      topic: "t",
      payload: '{"cmd":"ping"}',
      retained: false,
      duplicate: false,
      packetId: undefined,
    });
    world.session?.end(failed("connection-lost").failure);
    await pass(world, HOUR);
    world.session?.options.onMessage({
      topic: "t",
      payload: '{"cmd":"portal"}',
      retained: false,
      duplicate: false,
      packetId: undefined,
    });
    await world.until(() => world.restarted);
    expectNone([...lines, ...left(world)]);
  },
);

life("nor through an activation", async ({ boot }) => {
  const lines: string[] = [];
  const cloud = new Activation();
  const world = boot({ http: cloud.http }, withSettings(XIAOZHI_URL), (fresh) => console_(fresh, lines));
  await world.until(() => cloud.polls > 2);
  cloud.entered = true;
  await pass(world, HOUR);
  expectNone([...lines, ...left(world)]);
});

life("nor through refusals and the portal", async ({ boot }) => {
  const lines: string[] = [];
  const world = boot({ join: () => "wifi-password" }, withSettings(), (fresh) => console_(fresh, lines));
  await world.until(() => world.accessPoint !== undefined);
  const page = world.visit({}).body;
  const again = world.fillIn({ ssid: "Home", password: SECRETS.wifi, url: "no url" }).body;
  world.fillIn({ ssid: "Home", password: SECRETS.wifi, url: SERVICE_URL });
  await world.until(() => world.phase === "failed");
  const refused = world.visit({}).body;
  world.script.join = () => undefined;
  world.fillIn({ ssid: "Home", password: SECRETS.wifi, url: SERVICE_URL });
  const trying = world.visit({}).body;
  await world.until(() => world.phase === "done");
  const done = world.visit({ path: "/done" }).body;
  await world.until(() => world.restarted);
  expectNone([...lines, page, again, refused, trying, done]);
});
