import type { Socket } from "node:net";
import { parser } from "mqtt-packet";
import type { XiaozhiAccount } from "./credentials.js";
import { canonicalMac, underscoredMac } from "./text.js";

/** The packets that the open gateway knows. It closes the connection at all others. */
const known: ReadonlySet<string | undefined> = new Set(["connect", "publish", "subscribe", "pingreq", "disconnect"]);

/** Calls `stranger` as soon as the client behind the socket sends a packet that the gateway does not know. */
export function watchPackets(socket: Socket, stranger: (name: string) => void): void {
  const packets = parser();
  packets.on("packet", ({ cmd }: { cmd: string }) => {
    if (!known.has(cmd)) stranger(cmd);
  });
  // What is no MQTT at all ends with the broker's own parser.
  packets.on("error", () => undefined);
  socket.on("data", (bytes: Buffer) => packets.parse(bytes));
}

/** The account of whoever says `GID…@@@<mac>`: the gateway asks for no password then. Null for other client ids. */
export function shortAccount(clientId: string): XiaozhiAccount | null {
  const [group, name, ...more] = clientId.split("@@@");
  const mac = name === undefined || more.length > 0 ? null : canonicalMac(name.replaceAll("_", ":"));
  if (!group || mac === null) return null;
  return {
    family: "xiaozhi",
    mac,
    clientId,
    username: "",
    password: "",
    publishTopic: "device-server",
    subscribeTopic: `devices/p2p/${underscoredMac(mac)}`,
  };
}
