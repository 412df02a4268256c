/**
 * Takes an MQTT stream apart as the SDK's client does: everything but payloads byte by byte, through `socket.read()` in
 * format "number"; a payload as the application reads it (examples/io/tcp/mqttclient/mqttclient.js).
 */
import type { SdkSocket } from "../socket/sdk-socket.js";
import { operations } from "./codec.js";

/** A control packet, as `onControl` gets it. */
export interface Control {
  operation: number;
  id?: number;
  returnCode?: number;
  payload?: number[];
}

export interface Publish {
  topic: string;
  QoS: number;
  id: number;
  byteLength: number;
}

export interface ParserHandler {
  /** False: the client was closed meanwhile. */
  onControl(control: Control): boolean;
  /** So much of a payload is there; `last`: that is the rest of it. */
  onPayload(count: number, publish: Publish, first: boolean, last: boolean): void;
  onInvalid(reason: string): void;
}

type State = "first" | "length" | "body" | "topicLength" | "topic" | "id" | "payload";

export class Parser {
  #handler: ParserHandler;
  #state: State = "first";
  #operation = 0;
  #flags = 0;
  #length = 0;
  #lengthShift = 0;
  /** Bytes of the field that is being read. */
  #bytes: number[] = [];
  #wanted = 0;
  #publish: Publish | undefined;
  #announced = false;
  #payloadLeft = 0;

  constructor(handler: ParserHandler) {
    this.#handler = handler;
  }

  /** True while the next bytes of the stream are the application's. */
  get inPayload(): boolean {
    return this.#state === "payload";
  }

  /** Takes one byte from the socket. False: stop here. */
  step(socket: SdkSocket): boolean {
    const byte = socket.read() as number;
    switch (this.#state) {
      case "first":
        return this.#first(byte);
      case "length":
        return this.#lengthByte(byte);
      case "body":
        this.#bytes.push(byte);
        return this.#bytes.length < this.#length || this.#control();
      default:
        this.#bytes.push(byte);
        return this.#bytes.length < this.#wanted || this.#publishField();
    }
  }

  /**
   * True once a PUBLISH without a payload has come. The SDK's parser announces nothing then and never gets past it:
   * it reads no more, until keep-alive ends the connection.
   */
  get stuck(): boolean {
    return this.#state === "payload" && this.#payloadLeft === 0;
  }

  /** Announces so many of the payload's bytes as have come. */
  announce(available: number): void {
    const count = Math.min(available, this.#payloadLeft);
    this.#payloadLeft -= count;
    const last = this.#payloadLeft === 0;
    const first = !this.#announced;
    this.#announced = true;
    if (last) this.#state = "first";
    this.#handler.onPayload(count, this.#publish!, first, last);
  }

  #first(byte: number): boolean {
    this.#operation = byte >> 4;
    this.#flags = byte & 15;
    if (this.#operation === 0 || this.#operation === 15) return this.#invalid("invalid operation");
    this.#state = "length";
    this.#length = 0;
    this.#lengthShift = 0;
    return true;
  }

  #lengthByte(byte: number): boolean {
    this.#length += (byte & 127) << this.#lengthShift;
    if (byte & 128) {
      if (this.#lengthShift === 21) return this.#invalid("bad data");
      this.#lengthShift += 7;
      return true;
    }
    this.#bytes = [];
    if (this.#operation === operations.PUBLISH && this.#length > 0) {
      this.#state = "topicLength";
      this.#wanted = 2;
      return true;
    }
    this.#state = "body";
    return this.#length > 0 || this.#control();
  }

  #control(): boolean {
    const [first = 0, second = 0, ...rest] = this.#bytes;
    const control: Control = { operation: this.#operation };
    const operation = this.#operation;
    if (operation === operations.CONNACK) {
      if (this.#length !== 2) return this.#invalid("unexpected length");
      control.returnCode = second;
    } else if (this.#length > 0) {
      const known = [4, 5, 6, 7, operations.SUBACK, operations.UNSUBACK].includes(operation);
      if (!known) return this.#invalid("bad parse state");
      control.id = (first << 8) | second;
      if (operation === operations.SUBACK) control.payload = rest;
    }
    this.#state = "first";
    return this.#handler.onControl(control);
  }

  #publishField(): boolean {
    const [high = 0, low = 0] = this.#bytes;
    const number = (high << 8) | low;
    const QoS = (this.#flags >> 1) & 3;
    switch (this.#state) {
      case "topicLength":
        if (number === 0) return this.#invalid("empty topic");
        return this.#await("topic", number);
      case "topic": {
        const topic = String.fromArrayBuffer(Uint8Array.from(this.#bytes).buffer);
        const byteLength = this.#length - 2 - this.#bytes.length - (QoS ? 2 : 0);
        this.#publish = { topic, QoS, id: 0, byteLength };
        return QoS ? this.#await("id", 2) : this.#payload();
      }
      default:
        this.#publish!.id = number;
        return this.#payload();
    }
  }

  #payload(): boolean {
    this.#announced = false;
    this.#payloadLeft = this.#publish!.byteLength;
    this.#state = "payload";
    return true;
  }

  #await(state: State, bytes: number): boolean {
    this.#state = state;
    this.#wanted = bytes;
    this.#bytes = [];
    return true;
  }

  #invalid(reason: string): boolean {
    this.#handler.onInvalid(reason);
    return false;
  }
}
