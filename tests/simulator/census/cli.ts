/** `npm run census -- STATE`: what is in the agent's heap, slot by slot, in a state of its life. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildApp } from "../../../tools/simulator.js";
import { openApp, Watch } from "../app.js";
import { readHeap } from "./heap.js";
import { report } from "./report.js";
import { bringInto, isState, signed, stateNames } from "./states.js";

const [state = "", ...rest] = process.argv.slice(2);
if (!isState(state) || rest.length) {
  console.error(`Usage: npm run census -- STATE\nSTATE: ${stateNames}`);
  process.exit(1);
}
try {
  const config = state === "update" ? signed : {};
  const app = await openApp({ name: "census", config }, buildApp);
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
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
process.exit();
