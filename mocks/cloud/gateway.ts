/** What tells xiaozhi's open gateway from a broker, and its connections over sockets. */
import type { Socket } from "node:net";
import type { Account } from "./admission.js";
import type { MqttFault } from "./faults.js";
import { GatewayConnection, type GatewayHost } from "./gateway-connection.js";
import { clientIdIn, firstPacket, type GatewayLogin } from "./gateway-wire.js";

/** A client that only ever sends beginnings of a packet. */
const MAX_CONNECT_BYTES = 8_192;

/** Whether the gateway is meant: the device service's brokers have other client ids. */
export function isGatewayId(clientId: string): boolean {
  return clientId.includes("@@@");
}

/** Looks at the first packet and leaves it in the socket. @param told undefined: it is no CONNECT */
export function peekClientId(socket: Socket, told: (clientId: string | undefined) => void): void {
  let pending = Buffer.alloc(0);
  const look = () => {
    pending = Buffer.concat([pending, (socket.read() as Buffer | null) ?? Buffer.alloc(0)]);
    const first = firstPacket(pending);
    const isConnect = pending.length === 0 || pending[0]! >> 4 === 1;
    if (!first && isConnect && pending.length < MAX_CONNECT_BYTES) return;
    socket.off("readable", look);
    socket.unshift(pending);
    told(first && clientIdIn(first.packet, first.header));
  };
  socket.on("readable", look);
}

/** The broker, behind the gateway's door. */
export interface GatewayDesk {
  takeFault(): MqttFault | null;
  /** Null: it is not let in. */
  admit(login: GatewayLogin): Account | null;
  connected(account: Account, connection: GatewayConnection): void;
  disconnected(account: Account, connection: GatewayConnection): void;
  traffic(account: Account, direction: "up" | "down", topic: string, payload: string): void;
  log(line: string): void;
}

/** CONNACK, with a code. */
const connack = (code: number) => Uint8Array.of(0x20, 2, 0, code);
const lastWords = { cut: new Uint8Array(0), "accept-then-close": connack(0), unavailable: connack(3) };

export function serveGateway(socket: Socket, desk: GatewayDesk, greets: boolean): void {
  const fault = desk.takeFault();
  if (fault?.kind === "hang") return;
  if (fault) {
    socket.end(lastWords[fault.kind]);
    return;
  }
  let account: Account | null = null;
  const host: GatewayHost = {
    admit(login) {
      account = desk.admit(login);
      return account !== null;
    },
    connected: () => account && desk.connected(account, connection),
    up: (topic, payload) => account && desk.traffic(account, "up", topic, payload),
    down: (topic, payload) => account && desk.traffic(account, "down", topic, payload),
    log: (line) => desk.log(line),
    send: (bytes) => void (socket.writable && socket.write(bytes)),
    close: () => socket.destroySoon(),
    // Of the time that passes, whatever the cloud's clock says.
    nowMs: () => performance.now(),
    after(delayMs, task) {
      const timer = setTimeout(task, delayMs);
      timer.unref();
      return () => clearTimeout(timer);
    },
  };
  const connection = new GatewayConnection(host, greets);
  socket.on("data", (bytes: Buffer) => connection.receive(bytes));
  socket.on("close", () => {
    connection.close("the device is gone");
    if (account) desk.disconnected(account, connection);
  });
  socket.resume();
}
