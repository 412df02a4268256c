import { expect } from "vitest";
import type { Simulator } from "../../tools/simulator.js";
import { type AppParts, openApp, Watch } from "./app.js";

/** Name and address of each question, how many bytes its body has, and who is trusted for it: DER in base64. */
export type Asked = [name: string, url: string, bytes: number, authorities?: readonly string[]];

/**
 * Lets the probe (tls-probe.js) ask one after the other, and expects the answers.
 * @param expected `name: answer`, in order
 * @param opened is given the simulator before it starts: to be stopped behind the test
 */
export async function askAll<Told extends { name: string; answer: string }>(
  parts: AppParts,
  expected: readonly string[],
  opened: (simulator: Simulator) => void,
): Promise<{ told: Told[]; watch: Watch }> {
  const { simulator } = await openApp({ ...parts, main: "tls-probe" });
  opened(simulator);
  const watch = new Watch(simulator);
  await simulator.start();
  await watch.until("the last answer", () => watch.lines.includes('{"tls":"done"}'), 240_000);
  const told = watch.lines
    .filter((line) => line.startsWith('{"tls":{'))
    .map((line) => (JSON.parse(line) as { tls: Told }).tls);
  console.log(watch.lines.filter((line) => line.startsWith('{"connected"')).join("\n"));
  console.log(told.map((one) => JSON.stringify(one)).join("\n"));
  expect(told.map(({ name, answer }) => `${name}: ${answer}`)).toEqual(expected);
  return { told, watch };
}
