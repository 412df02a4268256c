// The parts of `npm test` that have a name: the folders of tests/, the XS tier, and what goes across them.
import { readdirSync } from "node:fs";

/** What of the tests in Node is played: beginnings of their files' paths. What of the XS tier: beginnings of names. */
const ACROSS = {
  fleet: { files: ["tests/scripted/fleet", "tests/cloud/in-process", "tests/cloud/rate-limits"], journeys: ["fleet"] },
  // What may not grow: slots after a collection, turn by turn; the heap under hostile requests; what a day leaves behind.
  memory: { files: ["tests/fuzz/", "tests/scripted/outages"], journeys: ["outboxSteady", "dayOfOutages", "strangers"] },
  mqtt: {
    files: ["tests/broker/", "tests/lifecycle/broker", "tests/moddable/mqtt", "tests/modules/mqtt", "tests/tls/mqtt"],
  },
  page: { files: ["tests/browser/", "tests/softap/", "tests/tools/page"] },
  tls: {
    files: [
      ...["tests/moddable/chain", "tests/moddable/keys", "tests/moddable/private-key", "tests/moddable/trust"],
      ...["tests/modules/authorities", "tests/modules/tls", "tests/tls/", "tests/c/"],
    ],
  },
  update: {
    files: [
      ...["tests/cloud/firmware", "tests/journey/update", "tests/moddable/ota", "tests/modules/update"],
      ...["tests/provisioning/firmware", "tests/scripted/update", "tests/tools/release"],
    ],
    journeys: ["update"],
  },
  xs: { journeys: [] },
};
/** They have commands of their own. */
const ELSEWHERE = ["attacks", "simulator", "xs"];

/**
 * @param {URL} root the project's folder
 * @returns {Record<string, { files?: string[], journeys?: string[] }>} by name; no journeys named: all
 */
export function partsOf(root) {
  const folders = readdirSync(new URL("tests", root), { withFileTypes: true }).filter(
    (entry) => entry.isDirectory() && !ELSEWHERE.includes(entry.name),
  );
  const byFolder = Object.fromEntries(folders.map(({ name }) => [name, { files: [`tests/${name}/`] }]));
  return { ...byFolder, ...ACROSS };
}
