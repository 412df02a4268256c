/** More packets in one turn than libuv would ever hand over. */
import { expect, test, vi } from "vitest";
import { serveUdp } from "../../modules/socket/udp-adapter.js";

interface Socket {
  target: unknown;
}

const udp = vi.hoisted(() => ({
  deliver: (_packets: number): void => {},
  read: 0,
  answered: 0,
}));

vi.mock("embedded:io/socket/udp", () => ({
  default: class implements Socket {
    target: unknown;
    constructor(options: { target: unknown; onReadable(this: Socket, packets: number): void }) {
      this.target = options.target;
      udp.deliver = (packets) => options.onReadable.call(this, packets);
    }
    read(): ArrayBuffer {
      udp.read++;
      return Object.assign(new ArrayBuffer(12), { address: "192.168.4.2", port: 5_353 });
    }
    write(): void {
      udp.answered++;
    }
  },
}));

test("of a flood in one turn 32 packets are answered, and all are taken from the socket", () => {
  serveUdp(53, { answer: (packet) => packet });
  udp.deliver(500);
  expect([udp.answered, udp.read]).toEqual([32, 500]);
  udp.deliver(3);
  expect([udp.answered, udp.read]).toEqual([35, 503]);
});
