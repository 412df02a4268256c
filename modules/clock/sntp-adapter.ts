/**
 * SNTP over the SDK's UDP. The SDK's own client (examples/io/udp/sntp) takes any packet for an answer, throws at a
 * short one, and never ends where none comes.
 */
import UDP from "embedded:io/socket/udp";
import Time from "time";
import { guard, reportFault } from "../base/guard.js";
import { Resolver, type ResolverEvents } from "../socket/resolver-adapter.js";
import type { Clock, Timer } from "./clock.js";
import { timeServersOfNetwork } from "./dhcp-adapter.js";
import { type Calendar, type CalendarParts, SetCalendar } from "./set.js";
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

export function createCalendar(clock: Clock, random: () => number, sources: TimeSources): Calendar {
  return new SetCalendar(new SntpServers(clock, random, sources));
}

class SntpServers implements CalendarParts {
  readonly clock: Clock;
  readonly random: () => number;
  readonly floorMs: number;
  private timeServers: readonly string[];

  constructor(clock: Clock, random: () => number, { buildTimeMs = RELEASED_MS, timeServers }: TimeSources) {
    this.clock = clock;
    this.random = random;
    this.floorMs = buildTimeMs;
    this.timeServers = timeServers;
  }

  /** The network's own first: others may be out of reach. */
  get servers(): readonly string[] {
    return [...timeServersOfNetwork(), ...this.timeServers];
  }

  askTime(server: string): Promise<number | undefined> {
    return askTime(this.clock, this.random, server);
  }

  set(nowMs: number): void {
    Time.set(Math.floor(nowMs / 1000));
  }
}

/** @returns milliseconds since 1970, or undefined where no answer came in time */
export function askTime(
  clock: Clock,
  random: () => number,
  host: string,
  port: number = NTP_PORT,
): Promise<number | undefined> {
  return new Promise((resolve) => {
    guard("sntp", start, new Question({ clock, request: encodeRequest(random), host, port, resolve }), giveUp);
  });
}

interface Asked {
  readonly clock: Clock;
  readonly request: Uint8Array;
  readonly host: string;
  readonly port: number;
  resolve(nowMs: number | undefined): void;
}

/** One request to one server. */
class Question implements ResolverEvents {
  private asked: Asked;
  private timeout: Timer;
  private address = "";
  private socket: (UDP & { close(): void }) | undefined;
  isWanted = true;

  constructor(asked: Asked) {
    this.asked = asked;
    this.timeout = asked.clock.after(ANSWER_TIMEOUT_MS, giveUp, this);
  }

  start(): void {
    new Resolver({ target: this }).resolve({
      host: this.asked.host,
      onResolved: (_host, address) => this.send(address),
      onError: () => this.settle(undefined),
    });
  }

  onUnknown(): void {
    this.settle(undefined);
  }

  private send(address: string): void {
    this.address = address;
    this.socket = new UDP({ target: this, onReadable: readAnswers }) as UDP & { close(): void };
    this.socket.write(this.asked.request, address, this.asked.port);
  }

  receive(socket: UDP, packets: number): void {
    for (; packets > 0 && this.isWanted; packets--) {
      const packet = socket.read();
      const isFromServer = packet.address === this.address;
      const nowMs = isFromServer ? decodeAnswer(new Uint8Array(packet), this.asked.request) : undefined;
      if (nowMs !== undefined) this.settle(nowMs);
    }
  }

  settle(nowMs: number | undefined): void {
    if (!this.isWanted) return;
    this.isWanted = false;
    this.asked.clock.cancel(this.timeout);
    this.socket?.close();
    this.asked.resolve(nowMs);
  }
}

function start(question: Question): void {
  question.start();
}

function giveUp(question: Question): void {
  question.settle(undefined);
}

function readAnswers(this: UDP, packets: number): void {
  try {
    (this as UDP & { target: Question }).target.receive(this, packets);
  } catch (error) {
    reportFault("sntp", error);
  }
}
