/**
 * What `benchmarks/xs.ts` has the XS engine do, a command at a time: the device's own code between scripted far ends, a
 * scripted broker that acknowledges at once and a scripted server.
 */
import { timestamp, wifiReading } from "../agent/session/status.js";
import { createSha256 } from "../tests/scripted/board.js";
import { goodWorld } from "../tests/scripted/cloud.js";
import { onlineOnce, type Playable } from "../tests/scripted/journeys.js";
import { World } from "../tests/scripted/world.js";
import { answerCommands, collectGarbage } from "../tests/scripted/xs-globals.js";
import { MeasuredUpdate } from "./update-life.js";

const CONTROL = "devices/550e/control";
const DATA = "devices/550e/data";
const KEEP_ALIVE_MS = 60_000;
const PIECE_BYTES = 4_096;

let current: Playable | undefined;
let outcome = "running";
let world: World | undefined;
const update = new MeasuredUpdate();
const enter = (played: Playable) => {
  current = played;
};

async function goOnline(): Promise<void> {
  world = new World(goodWorld(), await onlineOnce(enter));
  world.answerMs = 0;
  enter(world);
  world.boot();
  await world.untilState("online");
}

function begin(task: Promise<void>): string {
  task.then(
    () => {
      outcome = "done";
    },
    (error: Error) => {
      outcome = `failed: ${error.message}`;
    },
  );
  return outcome;
}

/** Each is with the broker, and acknowledged, before the next one. */
function publish(count: number, qos: 0 | 1): void {
  const { agent, device, clock, session, published } = world!;
  // The session itself has attached it with quality 1; no acknowledgement comes here.
  if (qos === 0) agent.outbox.attach(session!, { data: DATA }, qos, KEEP_ALIVE_MS);
  for (let index = 0; index < count; index++) {
    agent.publish("data", { ...wifiReading(device), timestamp: timestamp(device) });
    clock.runDue();
  }
  const arrived = published.filter(({ topic }) => topic === DATA).length;
  if (arrived < count || agent.outbox.stats.queued > 0) throw new Error(`${arrived} of ${count} arrived`);
}

function control(count: number): void {
  const { clock, session, published } = world!;
  for (let id = 1; id <= count; id++) {
    const payload = JSON.stringify({ cmd: "ping", id });
    session!.options.onMessage({ topic: CONTROL, payload, retained: false, duplicate: false, packetId: id });
    clock.runDue();
  }
  const answers = published.filter(({ payload }) => payload.includes('"pong"')).length;
  if (answers !== count) throw new Error(`${answers} of ${count} are answered`);
}

/** What the script of the world keeps of all that goes through it. */
function forget(scripted: World | undefined): void {
  for (const list of [scripted?.published, scripted?.notes, scripted?.events, scripted?.requests])
    if (list) list.length = 0;
}

function hash(bytes: number): void {
  const digest = createSha256();
  const piece = new Uint8Array(PIECE_BYTES);
  for (let left = bytes; left > 0; left -= PIECE_BYTES) digest.write(piece.subarray(0, Math.min(left, PIECE_BYTES)));
  digest.close();
}

const commands: Readonly<Record<string, (...numbers: number[]) => unknown>> = {
  online: () => begin(goOnline()),
  update: () => begin(update.run(enter)),
  publish: (count, qos) => publish(count!, qos as 0 | 1),
  control: (count) => control(count!),
  hash: (bytes) => hash(bytes!),
  collect() {
    forget(world ?? update.world);
    collectGarbage();
  },
  turn() {
    if (outcome === "running") current?.turn();
    return outcome;
  },
  /** `downloading 40` */
  progress() {
    current?.turn();
    const { state, percent } = update.status ?? {};
    return outcome === "running" ? `${state} ${percent}` : outcome;
  },
};

answerCommands((command, ...numbers) => {
  try {
    return String(commands[command!]!(...numbers.map(Number)) ?? "done");
  } catch (error) {
    return `failed: ${(error as Error).message}`;
  }
});
