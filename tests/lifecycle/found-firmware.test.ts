/** The command `update` says what was found, and the console when the service is asked. */
import { expect, test } from "vitest";
import type { FirmwareOffer } from "../../modules/update/update.js";
import { Board, offerOf } from "../scripted/board.js";
import { answer, deviceInfo, deviceService } from "../scripted/cloud.js";
import { FileServer } from "../scripted/file-server.js";
import { makeImage } from "../scripted/image.js";
import { onlineOnce } from "../scripted/journeys.js";
import { play } from "../scripted/play.js";
import type { World } from "../scripted/world.js";
import { life } from "./support.js";

const image = makeImage({ version: "2.0.0", sizeBytes: 14_000 });
const good = offerOf(image, "2.0.0");

/** As the device provisioning service words it. */
function checked({ version, urls, sha256, force }: FirmwareOffer): object {
  return { update_available: true, latest_version: version, download_url: urls[0], checksum: sha256, force };
}

interface Reply {
  readonly cmd?: string;
  readonly ok?: boolean;
  readonly result?: unknown;
  readonly error?: string;
}

async function replyTo(world: World): Promise<Reply> {
  await world.untilState("online");
  const message = { topic: "devices/550e/control", retained: false, duplicate: false, packetId: undefined };
  world.session!.options.onMessage({ ...message, payload: '{"cmd":"update","id":7}' });
  const replies = () =>
    world.published
      .filter(({ payload }) => payload.startsWith("{"))
      .map(({ payload }): Reply => JSON.parse(payload))
      .filter(({ cmd }) => cmd === "update");
  await world.until(() => replies().length > 0);
  return replies()[0]!;
}

const none = { update_available: false };
const older = checked({ ...good, version: "0.9.0" });
const unverified = checked({ ...good, sha256: undefined });

test.each<[string, object, Partial<Board>, object]>([
  ["nothing", none, {}, { ok: true, result: { state: "none" } }],
  ["newer firmware", checked(good), {}, { ok: true, result: { version: "2.0.0", state: "downloading" } }],
  [
    "firmware that has to wait",
    checked(good),
    { busy: "battery" },
    { ok: true, result: { version: "2.0.0", state: "postponed", reason: "busy: battery" } },
  ],
  [
    "older firmware",
    older,
    {},
    { ok: true, result: { version: "0.9.0", state: "refused", reason: "it is not newer than 1.0.0" } },
  ],
  [
    "firmware without a checksum",
    unverified,
    {},
    { ok: true, result: { version: "2.0.0", state: "failed", reason: "firmware-unverified" } },
  ],
  ["an error", { detail: "Not today" }, {}, { ok: false, error: "server-error" }],
])("update finds %s, and says so", (_what, offered, change, reply) =>
  play(async (enter) => {
    const board = Object.assign(new Board(new Map((await onlineOnce(enter)).entries), new FileServer(image)), change);
    const isCheck = (path: string) => path.endsWith("/firmware/check");
    board.script = {
      http: deviceService(({ url: { path } }) => answer(200, isCheck(path) ? offered : deviceInfo())),
    };
    const world = board.start("power-on")!;
    enter(world);
    expect(await replyTo(world)).toMatchObject({ cmd: "update", id: 7, ...reply });
    const isPostponed = change.busy !== undefined;
    expect(world.notes.includes("firmware: 2.0.0 waits: busy: battery")).toBe(isPostponed);
  }),
);

life("the console says when the service is asked, once after a start", async ({ boot, warm }) => {
  const world = boot({}, await warm());
  await world.untilState("online");
  const said = () => world.notes.filter((note) => /^service: asked for settings and firmware in \d+ s$/.test(note));
  expect(said()).toHaveLength(1);
  await world.until(() => world.requests.length > 0);
  const seconds = Number(/\d+/.exec(said()[0]!)![0]);
  expect(world.clock.ticksMs() / 1_000).toBeGreaterThan(seconds - 10);
  expect(world.clock.ticksMs() / 1_000).toBeLessThan(seconds + 30);
  world.session!.end({ reason: "connection-lost" });
  await world.untilState("offline");
  await world.untilState("online");
  expect(said()).toHaveLength(1);
});
