/** Servers of Node for the adapters to meet, and a clock that runs faster. */
import { createServer as createHttpServer, type RequestListener } from "node:http";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { afterEach } from "vitest";
import { freePort } from "../../mocks/device/ports.js";
import { host } from "../../mocks/moddable/host.js";
import { SystemClock } from "../../modules/clock/adapter.js";
import type { Clock } from "../../modules/clock/clock.js";
import { fairMs } from "../fair-time.js";
import "../moddable/support.js";

const servers: Server[] = [];
const sockets = new Set<Socket>();
/** What the device said of faults on its console since the test began. */
export const faults: string[] = [];
host.trace = (text) => {
  if (text.startsWith("fault")) faults.push(text.trimEnd());
};

afterEach(() => {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  for (const server of servers.splice(0)) server.close();
  faults.length = 0;
});

export async function listening(server: Server): Promise<number> {
  servers.push(server);
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return (server.address() as AddressInfo).port;
}

export const serveHttp = (listener: RequestListener): Promise<number> => listening(createHttpServer(listener));

/** Does this with each connection whose first bytes have come. */
export const onFirstBytes = (then: (socket: Socket) => void): Promise<number> =>
  listening(createServer((socket) => socket.once("data", () => then(socket))));

/** Answers the first bytes of a connection, and ends it. */
export const answering = (...pieces: (string | Uint8Array)[]): Promise<number> =>
  onFirstBytes((socket) => {
    for (const piece of pieces) socket.write(piece);
    socket.end();
  });

/** A port that nobody listens on. */
export const closedPort = (): Promise<number> => freePort("tcp");

interface FairTimer {
  /** The one of the clock that is next. */
  current: object;
}

/** Calls when so much time has passed in which this process did run. */
function fairTimer(clock: Clock, delayMs: number, callback: () => void): FairTimer {
  const dueMs = fairMs() + delayMs;
  const timer: FairTimer = { current: clock.after(delayMs, fire) };
  function fire(): void {
    const leftMs = dueMs - fairMs();
    if (leftMs > 0) timer.current = clock.after(leftMs, fire);
    else callback();
  }
  return timer;
}

/** Its time passes so many times as fast, and not at all while this process does not get to run. */
export function fasterClock(times: number, change: Partial<Clock> = {}): Clock {
  const clock = new SystemClock();
  return {
    nowMs: () => clock.nowMs(),
    ticksMs: () => fairMs() * times,
    after: <T>(delayMs: number, task: (target: T) => void, target?: T) =>
      fairTimer(clock, delayMs / times, () => task(target as T)),
    every(intervalMs, task, target) {
      const timer = fairTimer(clock, intervalMs / times, function next() {
        Object.assign(timer, fairTimer(clock, intervalMs / times, next));
        task(target);
      });
      return timer;
    },
    cancel: (timer) => clock.cancel((timer as FairTimer | undefined)?.current),
    ...change,
  };
}
