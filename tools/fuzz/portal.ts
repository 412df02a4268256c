/** A virtual device in its portal under fire, and whether it is as before. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../mocks/device/ports.js";
import { VirtualDevice } from "../../mocks/device/virtual-device.js";
import { sendPackets, sendRequests } from "./clients.js";
import type { Held } from "./device.js";
import { Random } from "./random.js";

/** Compiled code and caches grow at first; what is measured begins after so many. */
const WARM_UP = 1_500;
/** In these words a parser ends a connection; any other fault is a find. */
const EXPECTED = [
  /^fault in (socket|portal|timer): RangeError: (the request|too many bytes|chunk size)/,
  // The client had ended the connection with its request: the SDK's socket takes no reply any more.
  /^fault in portal: Error: not ready$/,
  // Between chunks the SDK's server goes on in a timer, also behind a request whose connection is closed by then.
  /^fault in timer: TypeError: Cannot set properties of undefined \(setting 'format'\)$/,
];

/** What the device's thread may hold more than before: V8 compiles anew now and then. A leak holds kilobytes a request. */
export const MAX_GROWTH_BYTES = 1024 * 1024;

/** What Node frees a turn after a collection is gone at one of these. */
const LOOKS = 3;

export interface Report {
  readonly before: Held;
  readonly after: Held;
  /** Of the DNS packets. */
  readonly answered: number;
  /** Of the requests, how many got which status. */
  readonly statuses: ReadonlyMap<string, number>;
}

/**
 * @param packets malformed DNS packets to the device's UDP port
 * @param requests malformed HTTP requests to its TCP port
 * @param tickOf gives what is called with how many of a kind are done
 * @throws where a reply is wrong, the device restarts or meets a fault that is not a parser's, or does not serve any more
 */
export async function fuzzPortal(
  seed: number,
  packets: number,
  requests: number,
  tickOf: (what: string) => (done: number) => void = () => () => {},
): Promise<Report> {
  const folder = mkdtempSync(join(tmpdir(), "fuzz-"));
  const inspectionPort = await freePort("tcp");
  const built = new URL(import.meta.url.endsWith(".ts") ? "../../build/host/tools/fuzz/" : "./", import.meta.url);
  const device = new VirtualDevice({
    stateFile: join(folder, "device.json"),
    main: new URL("device.js", built),
    config: { inspectionPort },
  });
  const finds: string[] = [];
  device.on("log", (line) => {
    if (line.startsWith("fault") && !EXPECTED.some((pattern) => pattern.test(line))) finds.push(line);
  });
  device.on("restart", (reason) => void finds.push(`the device restarted: ${reason}`));
  try {
    await device.start();
    await device.waitFor("portal", 20_000);
    const random = new Random(seed);
    await sendPackets(device.dnsPort, WARM_UP, random);
    await sendRequests(device.portalPort, WARM_UP, random);
    const before = await settled(device, inspectionPort);
    const answered = await sendPackets(device.dnsPort, packets, random, tickOf("portal, DNS packets"));
    const statuses = await sendRequests(device.portalPort, requests, random, { tick: tickOf("portal, HTTP requests") });
    const after = await settled(device, inspectionPort);
    if (finds.length) throw new Error(`${finds.length} finds:\n${[...new Set(finds)].slice(0, 10).join("\n")}`);
    return { before, after, answered, statuses };
  } finally {
    await device.stop();
    rmSync(folder, { recursive: true });
  }
}

/** What it holds once it has served its page again and all connections are gone. */
async function settled(device: VirtualDevice, inspectionPort: number): Promise<Held> {
  const page = await fetch(`http://127.0.0.1:${device.portalPort}/`, { signal: AbortSignal.timeout(5_000) });
  if (page.status !== 200 || !(await page.text()).includes("<form")) throw new Error(`the page: ${page.status}`);
  let least: Held | undefined;
  for (let tries = 0, looks = 0; ; tries++) {
    const held = (await (await fetch(`http://127.0.0.1:${inspectionPort}/`)).json()) as Held;
    if (held.connections === 0) looks++;
    if (!least || held.connections < least.connections || held.heapBytes < least.heapBytes) least = held;
    if (looks >= LOOKS || tries > 20) return least;
    await new Promise((done) => setTimeout(done, 250));
  }
}
