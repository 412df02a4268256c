/**
 * A device's connection to xiaozhi's open gateway (app.js): it asks for the device's tools as soon as it has let it in,
 * pushes without a subscription, and passes on what the device says only while a server listens, from `hello` to
 * `goodbye`. Plain JavaScript, for every engine.
 */
import { type GatewayLogin, GatewayWire } from "./gateway-wire.js";

/** What is under the connection, and who wants to know of it. */
export interface GatewayHost {
  send(bytes: Uint8Array): void;
  close(): void;
  nowMs(): number;
  /** @returns takes it back */
  after(delayMs: number, task: () => void): () => void;
  /** CONNACK 0 is out already. @returns false: the connection is closed */
  admit(login: GatewayLogin): boolean;
  /** It is in. */
  connected(): void;
  up(topic: string, payload: string): void;
  down(topic: string, payload: string): void;
  log(line: string): void;
}

export interface Tool {
  readonly name: string;
  readonly description?: string;
  readonly inputSchema?: unknown;
}

interface Message {
  readonly type?: unknown;
  readonly version?: unknown;
  readonly session_id?: unknown;
  readonly payload?: {
    readonly id?: string | number;
    readonly error?: { message?: string };
    readonly result?: unknown;
  };
}

interface Pending {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/** For each request of its own. */
const REQUEST_MS = 10_000;
/** For each that an operator makes, `POST /api/commands/:clientId`. */
const COMMAND_MS = 5_000;
const MAX_TOOLS = 32;

export class GatewayConnection {
  /** As `tools/list` had them, the pages together. */
  tools: readonly Tool[] = [];
  /** As `initialize` was answered; undefined: it was not. */
  initialized: unknown;
  /** Of the last request: how long the device took. */
  answerMs = 0;
  readonly #host: GatewayHost;
  readonly #wire: GatewayWire;
  readonly #pending = new Map<string, Pending>();
  #nextId = 10_000;
  #greets: boolean;
  #replyTo = "";
  #sessionId: string | undefined;
  #sessions = 0;
  #activityMs: number;
  #stopWatch: (() => void) | undefined;
  #isOver = false;

  /** @param greets whether it asks for the tools */
  constructor(host: GatewayHost, greets = true) {
    this.#host = host;
    this.#greets = greets;
    this.#activityMs = host.nowMs();
    this.#wire = new GatewayWire({
      send: (bytes) => {
        this.#activityMs = host.nowMs();
        host.send(bytes);
      },
      end: (why) => this.close(why),
      connect: (login) => this.#admit(login),
      publish: (topic, payload, qos) => this.#hear(topic, payload, qos),
    });
  }

  get hasListener(): boolean {
    return this.#sessionId !== undefined;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  receive(bytes: Uint8Array): void {
    if (this.#isOver) return;
    this.#activityMs = this.#host.nowMs();
    this.#wire.receive(bytes);
  }

  /** Into the device, which need not have subscribed. */
  push(message: unknown): void {
    this.pushText(JSON.stringify(message));
  }

  pushText(payload: string): void {
    this.#host.down(this.#replyTo, payload);
    this.#wire.publish(this.#replyTo, payload);
  }

  /** What an operator asks. @returns the result; rejects with the error's message, after 5 s with "timeout" */
  command(method: string, params: unknown): Promise<unknown> {
    return this.#request(method, params, COMMAND_MS);
  }

  close(why: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#host.log(`gateway: closed: ${why}`);
    this.#stopWatch?.();
    for (const { reject } of this.#pending.values()) reject(new Error("Connection closed"));
    this.#pending.clear();
    this.#host.close();
  }

  #admit(login: GatewayLogin): void {
    const parts = login.clientId.split("@@@");
    if (!this.#host.admit(login)) throw new Error("not let in");
    this.#replyTo = `devices/p2p/${parts[1]}`;
    this.#watch();
    this.#host.connected();
    // Who has left need not answer: a trial of the settings ends within two seconds.
    if (this.#greets)
      this.#askForTools().catch(() => this.#isOver || this.#host.log("gateway: the device tells no tools"));
  }

  /** The gateway looks once a second. */
  #watch(): void {
    const limitMs = this.#wire.silenceMs;
    if (limitMs === 0) return;
    const leftMs = this.#activityMs + limitMs - this.#host.nowMs();
    if (leftMs < 0) this.close("silence");
    else this.#stopWatch = this.#host.after(leftMs + 1_000, () => this.#watch());
  }

  #hear(topic: string, payload: string, qos: number): void {
    if (qos !== 0) throw new Error(`a message of QoS ${qos}`);
    // What this throws ends the connection, also where there is nothing to look into.
    const message = JSON.parse(payload) as Message;
    // Of whatever topic: the gateway does not look at it.
    this.#host.up(topic, payload);
    if (message.type === "hello") this.#hearHello(message);
    else this.#hearOther(message);
  }

  /** The gateway connects to its server now; the mock's is always there. */
  #hearHello({ version }: Message): void {
    if (version !== 3) throw new Error("a hello of another version than 3");
    this.#sessionId = `session-${++this.#sessions}`;
    const udp = {
      server: "127.0.0.1",
      port: 1883,
      encryption: "aes-128-ctr",
      key: "00".repeat(16),
      nonce: "00".repeat(16),
    };
    this.push({ type: "hello", version, session_id: this.#sessionId, transport: "udp", udp });
  }

  #hearOther(message: Message): void {
    if (message.type === "mcp") {
      const { id, error, result } = message.payload!;
      const request = this.#pending.get(String(id));
      if (request) {
        this.#pending.delete(String(id));
        if (error) request.reject(new Error(error.message));
        else request.resolve(result);
        return;
      }
    }
    if (this.#sessionId === undefined) {
      if (message.type !== "goodbye") this.push({ type: "goodbye", session_id: message.session_id });
    } else if (message.type === "goodbye" || message.type === "udp_timeout") this.hangUp();
  }

  /** The server behind it is gone. */
  hangUp(): void {
    const session_id = this.#sessionId;
    this.#sessionId = undefined;
    this.push({ type: "goodbye", session_id });
  }

  async #askForTools(): Promise<void> {
    this.initialized = await this.#request(
      "initialize",
      {
        protocolVersion: "2024-11-05",
        capabilities: {},
        clientInfo: { name: "xiaozhi-mqtt-client", version: "1.0.0" },
      },
      REQUEST_MS,
    );
    this.push({ type: "mcp", payload: { jsonrpc: "2.0", method: "notifications/initialized" } });
    let cursor: string | undefined;
    do {
      const page = (await this.#request("tools/list", { cursor }, REQUEST_MS)) as {
        tools: Tool[];
        nextCursor?: string;
      };
      if (page.tools.length === 0 || this.tools.length + page.tools.length > MAX_TOOLS) break;
      this.tools = [...this.tools, ...page.tools];
      cursor = page.nextCursor;
    } while (cursor !== undefined);
  }

  #request(method: string, params: unknown, timeoutMs: number): Promise<unknown> {
    const id = this.#nextId++;
    const sentMs = this.#host.nowMs();
    return new Promise((resolve, reject) => {
      const forget = this.#host.after(timeoutMs, () => {
        if (this.#pending.delete(String(id))) reject(new Error("timeout"));
      });
      const settled = () => {
        forget();
        this.answerMs = this.#host.nowMs() - sentMs;
      };
      this.#pending.set(String(id), {
        resolve(result) {
          settled();
          resolve(result);
        },
        reject(error) {
          settled();
          reject(error);
        },
      });
      this.push({ type: "mcp", payload: { jsonrpc: "2.0", method, id, params } });
    });
  }
}
