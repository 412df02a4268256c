/**
 * xiaozhi's gateway (xinnan-tech/xiaozhi-mqtt-gateway): it speaks MQTT to the device and a WebSocket to a server. It
 * calls the device's commands as tools, by MCP's JSON-RPC in `{"type":"mcp","payload":…}`, and waits for 5 to 10 seconds.
 * What else it says has a `type`, too, and is the application's. It answers `goodbye` to whatever it cannot pass on:
 * readings and status go as MCP's notifications, and only while a server listens, from `hello` to `goodbye`.
 */

import { reportFault } from "../../modules/base/guard.js";
import { asObject, asText, type Json, numberAsWritten, parseObject } from "../../modules/data/json.js";
import type { Published } from "../../modules/mqtt/mqtt.js";
import { utf8Length } from "../../modules/settings/settings.js";
import type { Outcome } from "../application/application.js";
import type { CommandContext } from "./commands.js";
import type { Asker } from "./control.js";
import { MESSAGE_NAMES, MessageNames, parseFor } from "./messages.js";
import type { Dress } from "./outbox/delivery.js";
import type { Session } from "./session.js";
import { listTools, toolNames } from "./tools.js";

/** The connection to it. */
export interface GatewayWatch extends CommandContext {
  readonly session: Session;
  send(payload: string): Published;
  /** From now on there is a server behind the gateway. */
  onListener(): void;
}

/** The one that the gateway and the reference firmware speak. */
const PROTOCOL_VERSION = "2024-11-05";
/** JSON-RPC 2.0 §5.1; MCP has -32602 for a tool that is not there. */
const ERRORS = { request: -32_600, method: -32_601, params: -32_602, internal: -32_603 } as const;
/** Answers that wait for room in the socket: who asks for more than this at once does not read them. */
const MAX_ANSWERS = 8;
/** With the topic they fit into MAX_PACKET_BYTES. */
const MAX_ANSWER_BYTES = 1_300;
/** What a device says by itself there, as the reference firmware does; anything else is a reading. */
const SPOKEN: ReadonlySet<string> = new Set(["hello", "listen", "abort", "mcp", "goodbye", "iot", "udp_timeout"]);
/** The topic of answers to commands: somebody waits for them. */
const ANSWERS = "status";
const NOBODY: Asker = { settle() {} };

export class Gateway implements Dress {
  private watch: GatewayWatch;
  /** Of the server that listens. */
  private sessionId: string | undefined;
  private answers: string[] = [];
  private isSending = false;

  constructor(watch: GatewayWatch) {
    this.watch = watch;
  }

  get hasListener(): boolean {
    return this.sessionId !== undefined;
  }

  /** For one more answer. */
  get hasRoom(): boolean {
    return this.answers.length + this.watch.session.control.pending < MAX_ANSWERS;
  }

  /** @returns false where the message is none of the gateway's: a command of the agent's own form, or no message at all */
  hear(payload: string): boolean {
    const message = parseObject(payload, MESSAGE_NAMES);
    const type = message?.type;
    if (!message || typeof type !== "string" || typeof message.cmd === "string") return false;
    if (type === "mcp") {
      this.hearRequest(asObject(message.payload) ?? {}, payload);
      return true;
    }
    this.noteSession(type, message);
    this.tellApplication(type, payload);
    // The reference firmware answers nothing to it.
    const { command } = message;
    if (type === "system" && typeof command === "string") this.perform(command, message, NOBODY);
    return true;
  }

  private tellApplication(type: string, payload: string): void {
    const { application, names } = this.watch.device;
    if (!application.onMessage) return;
    try {
      const message = parseObject(payload, new MessageNames(names));
      if (message && !names.isSpent) application.onMessage(message);
    } catch (error) {
      reportFault(type, error);
    }
  }

  // Of what goes out (Dress).

  takes(topic: string, payload: string | undefined): boolean {
    return this.hasListener || topic === ANSWERS || (payload !== undefined && isSpoken(payload));
  }

  dressed(topic: string, payload: string): string {
    if (isSpoken(payload)) return payload;
    const method = JSON.stringify(`notifications/${topic}`);
    return this.inMessage(`{"jsonrpc":"2.0","method":${method},"params":${payload}}`);
  }

  /** There is room again. */
  onWritable(): void {
    this.sendSoon();
  }

  /** For the timer. */
  sendAnswers(): void {
    this.isSending = false;
    const { answers } = this;
    while (answers.length > 0 && this.watch.send(answers[0]!) !== "later") answers.shift();
  }

  perform(name: string, message: Json, asker: Asker): void {
    this.watch.session.control.perform(name, message, this.watch, asker);
  }

  answer(answer: string): void {
    if (this.answers.length < MAX_ANSWERS) this.answers.push(this.inMessage(answer));
    else this.watch.device.log.note("mcp: an answer was dropped: too many wait for the gateway to read");
    this.sendSoon();
  }

  /** In a turn of its own: the chip's stack has no room for TLS on top of a command. */
  private sendSoon(): void {
    if (this.isSending || this.answers.length === 0) return;
    this.isSending = true;
    this.watch.device.clock.after(0, sendAnswers, this);
  }

  /** As the reference firmware has it, with the session where there is one. */
  private inMessage(content: string): string {
    const session = this.sessionId ? `"session_id":${JSON.stringify(this.sessionId)},` : "";
    return `{${session}"type":"mcp","payload":${content}}`;
  }

  private noteSession(type: string, { session_id }: Json): void {
    const id = asText(session_id);
    if (type === "hello") {
      this.sessionId = id ?? "";
      this.watch.onListener();
    } else if (type === "goodbye" && (id === undefined || id === this.sessionId)) this.sessionId = undefined;
  }

  /** What has no id is a notification, and what has no method an answer: neither is answered (JSON-RPC 2.0 §4.1). */
  private hearRequest({ id, method, params }: Json, payload: string): void {
    if (typeof method !== "string" || id === undefined) return;
    const request = new Request(this, id, payload);
    try {
      if (request.isValid) this.obey(request, method, asObject(params) ?? {}, payload);
      else request.refuse(ERRORS.request, "id: a number or a string is needed");
    } catch (error) {
      reportFault("mcp", error);
      request.refuse(ERRORS.internal, "fault");
    }
  }

  private obey(request: Request, method: string, params: Json, payload: string): void {
    const { application, build } = this.watch.device;
    switch (method) {
      case "initialize": {
        const serverInfo = { name: build.productId, version: build.firmwareVersion };
        const result = { protocolVersion: PROTOCOL_VERSION, capabilities: { tools: {} }, serverInfo };
        request.answer(JSON.stringify(result));
        return;
      }
      case "ping":
        request.answer("{}");
        return;
      case "tools/list": {
        const page = listTools(application.commands, asText(params.cursor));
        if (page === undefined) request.refuse(ERRORS.params, "cursor: no such page");
        else request.answer(page);
        return;
      }
      case "tools/call":
        this.call(request, params, payload);
        return;
      default:
        request.refuse(ERRORS.method, "no such method");
    }
  }

  private call(request: Request, params: Json, payload: string): void {
    const { device } = this.watch;
    const { name } = params;
    if (typeof name !== "string" || !toolNames(device.application.commands).includes(name)) {
      request.refuse(ERRORS.params, "name: no such tool");
      return;
    }
    const own = asObject(asObject(parseFor(device, name, payload)?.payload)?.params) ?? params;
    const given = own.arguments ?? {};
    if (!asObject(given)) {
      request.refuse(ERRORS.params, "arguments: an object is needed");
      return;
    }
    device.log.note(`mcp: ${name} is called`);
    this.perform(name, { ...given, cmd: name }, request);
  }
}

/** One that is answered, once. */
class Request implements Asker {
  private gateway: Gateway;
  /** As JSON, the very text that came. */
  private id: string | undefined;

  constructor(gateway: Gateway, id: unknown, payload: string) {
    this.gateway = gateway;
    if (typeof id === "string") this.id = JSON.stringify(id);
    else if (typeof id === "number") this.id = numberAsWritten(payload, "id", id) ?? String(id);
  }

  get isValid(): boolean {
    return this.id !== undefined;
  }

  /** @param result JSON */
  answer(result: string): void {
    const answer = `{"jsonrpc":"2.0","id":${this.id},"result":${result}}`;
    if (utf8Length(answer) > MAX_ANSWER_BYTES) this.refuse(ERRORS.internal, "the result is too large");
    else this.gateway.answer(answer);
  }

  refuse(code: number, message: string): void {
    this.gateway.answer(`{"jsonrpc":"2.0","id":${this.id ?? null},"error":${JSON.stringify({ code, message })}}`);
  }

  /** A command's refusal is a result (MCP); servers look for its words in `error`. */
  settle(outcome: Outcome): void {
    const said = outcome.ok ? (outcome.result ?? true) : outcome.error;
    const text = typeof said === "string" ? said : asJson(said);
    if (text === undefined) {
      this.refuse(ERRORS.internal, "the result cannot be written as JSON");
      return;
    }
    const content = [{ type: "text", text }];
    this.answer(JSON.stringify(outcome.ok ? { content, isError: false } : { content, isError: true, error: text }));
  }
}

function sendAnswers(gateway: Gateway): void {
  gateway.sendAnswers();
}

/** @returns undefined where it makes none: cyclic, a BigInt in it */
function asJson(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

function isSpoken(payload: string): boolean {
  const type = parseObject(payload, MESSAGE_NAMES)?.type;
  return typeof type === "string" && SPOKEN.has(type);
}
