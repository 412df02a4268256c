/** Oftener nobody wants to read it. */
const EVERY_MS = 2_000;

/**
 * @param total how many there are, where that is known
 * @returns to be called with how many are done: every two seconds a line on stderr says so
 */
export function progressOf(what: string, total?: number): (done: number) => void {
  const all = total === undefined ? "" : ` of ${total.toLocaleString("en")}`;
  let nextMs = performance.now() + EVERY_MS;
  return (done) => {
    if (performance.now() < nextMs) return;
    nextMs = performance.now() + EVERY_MS;
    process.stderr.write(`${what}: ${done.toLocaleString("en")}${all}…\n`);
  };
}
