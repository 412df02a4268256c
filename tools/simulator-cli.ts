/** `npm run simulator`: the agent in the Moddable simulator, on the screen where there is one. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { command } from "./command.js";
import { ROOT } from "./sdk.js";
import { AGENT_APP, buildApp, Simulator } from "./simulator.js";

const usage = `Usage: npm run simulator

Builds the agent for the Moddable simulator and runs it there; its state stands in build/board. Needs MODDABLE, the folder
of a built Moddable SDK; on Linux Mbed TLS and dbus-run-session, too, and without a display xvfb-run.
`;

await command(usage, async (args) => {
  parseArgs({ args });
  const headless = process.platform === "linux" && !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY;
  console.log("Building the simulator app: half a minute the first time…");
  const app = await buildApp(AGENT_APP);
  const folder = join(ROOT, "build", "board");
  mkdirSync(folder, { recursive: true });
  const simulator = new Simulator(app, folder, { headless });
  simulator.on("line", (line) => console.log(line));
  simulator.on("abort", (reason) => console.error(`The machine was ended: ${reason}`));
  await simulator.start();
  console.log(
    `Running${headless ? " without a display" : ""}. The captive page: http://127.0.0.1:8080/   End with Ctrl+C.`,
  );
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => void simulator.stop().then(() => process.exit(0)));
  }
});
