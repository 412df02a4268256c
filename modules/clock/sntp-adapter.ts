/**
 * SNTP over the SDK's UDP. The SDK's own client (examples/io/udp/sntp) takes any packet for an answer, throws at a
 * short one, and never ends where none comes.
 */
import UDP from "embedded:io/socket/udp";
import Time from "time";
import { guarded } from "../base/guard.js";
import { Resolver } from "../socket/resolver-adapter.js";
import type { Clock } from "./clock.js";
import { type Calendar, createCalendarFrom } from "./set.js";
import { decodeAnswer, encodeRequest } from "./sntp.js";

/** RFC 5905 §7.2 */
const NTP_PORT = 123;
/** Name and answer; a server that is to be used takes a tenth of it. */
const ANSWER_TIMEOUT_MS = 3_000;
/** This project's first release with a calendar, for builds that do not say when they were made. */
const RELEASED_MS = Date.UTC(2026, 10, 22);

/** What the build says. */
export interface TimeSources {
  /** When the firmware was built, in milliseconds since 1970. */
  readonly buildTimeMs?: number;
  /** Names or addresses of SNTP servers. */
  readonly timeServers: readonly string[];
}

export function createCalendar(
  clock: Clock,
  random: () => number,
  { buildTimeMs = RELEASED_MS, timeServers }: TimeSources,
): Calendar {
  return createCalendarFrom({
    clock,
    floorMs: buildTimeMs,
    servers: timeServers,
    askTime: (server) => askTime(clock, random, server),
    set: (nowMs) => Time.set(Math.floor(nowMs / 1000)),
  });
}

/** @returns milliseconds since 1970, or undefined where no answer came in time */
export function askTime(
  clock: Clock,
  random: () => number,
  host: string,
  port: number = NTP_PORT,
): Promise<number | undefined> {
  return new Promise((resolve) => {
    const request = encodeRequest(random);
    let socket: { close(): void } | undefined;
    let isWanted = true;
    const settle = (nowMs?: number) => {
      if (!isWanted) return;
      isWanted = false;
      clock.cancel(timeout);
      socket?.close();
      resolve(nowMs);
    };
    const timeout = clock.after(ANSWER_TIMEOUT_MS, () => settle());
    const send = (_host: string, address: string) => {
      const udp = new UDP({
        onReadable: guarded("sntp", function (this: UDP, packets: number) {
          for (; packets > 0 && isWanted; packets--) {
            const packet = this.read();
            const nowMs = packet.address === address ? decodeAnswer(new Uint8Array(packet), request) : undefined;
            if (nowMs !== undefined) settle(nowMs);
          }
        }),
      });
      socket = udp as UDP & { close(): void };
      udp.write(request, address, port);
    };
    const fail = () => settle();
    const resolver = new Resolver({ unknown: fail, isWanted: () => isWanted });
    guarded("sntp", () => resolver.resolve({ host, onResolved: send, onError: fail }), fail)();
  });
}
