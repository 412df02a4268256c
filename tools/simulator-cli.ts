/** `npm run simulator`: the agent in the Moddable simulator, on the screen where there is one. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { choosePort } from "../mocks/device/ports.js";
import { command } from "./command.js";
import { openProduct } from "./product.js";
import { AGENT_APP, buildApp, Simulator } from "./simulator.js";

const usage = `Usage: npm run simulator [-- FOLDER]

Builds the agent for the Moddable simulator and runs it there; its state stands in build/board. Needs MODDABLE, the folder
of a built Moddable SDK; on Linux Mbed TLS and dbus-run-session, too, and without a display xvfb-run.

  FOLDER   of a product (docs/product.md), in whose build folder all of it stands (default: the agent alone)
  --help   this text

Nobody has tried it on macOS. On Windows run it under WSL.
`;

await command(usage, async (args) => {
  const { positionals } = parseArgs({ args, allowPositionals: true });
  const { name, manifest, output, parts } = openProduct(positionals[0], "lin");
  const headless = process.platform === "linux" && !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY;
  console.log("Building the simulator app: half a minute the first time…");
  const app = await buildApp(positionals[0] === undefined ? AGENT_APP : { name, product: manifest, output });
  const folder = join(output, "board");
  mkdirSync(folder, { recursive: true });
  const { firmwareVersion } = parts.config;
  const portalPort = await choosePort("tcp", parts.config.portalPort as number | undefined);
  const dnsPort = await choosePort("udp", parts.config.dnsPort as number | undefined);
  const simulator = new Simulator(app, folder, { headless, config: { firmwareVersion, portalPort, dnsPort } });
  simulator.on("line", (line) => console.log(line));
  simulator.on("abort", (reason) => console.error(`The machine was ended: ${reason}`));
  await simulator.start();
  console.log(
    `Running${headless ? " without a display" : ""}. The captive page: http://127.0.0.1:${portalPort}/   End with Ctrl+C.`,
  );
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => void simulator.stop().then(() => process.exit(0)));
  }
});
