/** `npm run census -- STATE`: what is in the agent's heap, slot by slot, in a state of its life. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { command, UsageError } from "../../../tools/command.js";
import { buildApp } from "../../../tools/simulator.js";
import { openApp, Watch } from "../app.js";
import { readHeap } from "./heap.js";
import { report } from "./report.js";
import { bringInto, isState, signed, stateNames } from "./states.js";

const usage = `Usage: npm run census -- STATE

Brings the agent in the Moddable simulator into a state and tells whose every slot of its heap is. Needs MODDABLE, the
folder of a built Moddable SDK.

  STATE    ${stateNames}
  --help   this text
`;

await command(usage, async ([state = "", ...rest]) => {
  if (!isState(state) || rest.length) throw new UsageError("one state is needed");
  console.error("Building the simulator app: half a minute the first time…");
  const config = state === "update" ? signed : {};
  const app = await openApp({ name: "census", config }, buildApp);
  console.error(`Waiting for the state ${state}: a minute or so…`);
  const watch = new Watch(app.simulator);
  await app.simulator.start();
  const end = await bringInto(state, app, watch);
  writeFileSync(join(app.folder, "census"), "");
  const answer = join(app.folder, "census.txt");
  await watch.until("census", () => existsSync(answer), 20_000);
  const text = readFileSync(answer, "utf8");
  console.log(`# ${state}\n${report(readHeap(text))}`);
  await app.simulator.stop();
  await end();
});
process.exit();
