// The law of circles: no files that import each other, however long the way round, and no such rooms (folders) in device
// code and mocks. An import of a type is an import: who reads one has to read the other.
import { dirname } from "node:path";

const ROOMS = /^(?:modules|softap|provisioning|agent|mocks)(?:\/|$)/;

/**
 * What there is of them in device code, until the rooms have moved. A circle is let pass where all who are in it stand here;
 * who is in none any more has to go from here.
 */
export const KNOWN_FILES = new Set([
  "agent/device/device.ts",
  "agent/session/outbox/delivery.ts",
  "agent/session/outbox/outbox.ts",
  "agent/session/outbox/queue.ts",
  "agent/session/publish.ts",
  "agent/session/reports.ts",
  "agent/session/telemetry.ts",
]);
export const KNOWN_ROOMS = new Set(["agent/device", "agent/session"]);

/**
 * @param {Map<string, Set<string>>} imports of files
 * @param {{ files: Set<string>, rooms: Set<string> }} known
 * @returns {string[]} what breaks the law
 */
export function circleViolations(imports, known = { files: KNOWN_FILES, rooms: KNOWN_ROOMS }) {
  return [...judge("files", circles(imports), known.files), ...judge("rooms", circles(roomsOf(imports)), known.rooms)];
}

function judge(what, found, known) {
  const inCircles = new Set(found.flat());
  return [
    ...found
      .filter((circle) => !circle.every((one) => known.has(one)))
      .map((circle) => `a circle of ${what}: ${circle.join(", ")}`),
    ...[...known]
      .filter((one) => !inCircles.has(one))
      .map((one) => `${one} is in no circle of ${what} any more: delete it in tools/laws/circles.mjs`),
  ];
}

function roomsOf(imports) {
  const rooms = new Map();
  for (const [path, targets] of imports) {
    const room = dirname(path);
    if (!ROOMS.test(room)) continue;
    const others = [...targets].map(dirname).filter((other) => !isWithin(other, room) && ROOMS.test(other));
    rooms.set(room, new Set([...(rooms.get(room) ?? []), ...others]));
  }
  return rooms;
}

/** A folder and those in it are one room with its alcoves: `provisioning` has the list of the protocols that stand in it. */
function isWithin(other, room) {
  return other === room || other.startsWith(`${room}/`) || room.startsWith(`${other}/`);
}

/** The strongly connected components that have more than one member (Tarjan 1972), each sorted. */
function circles(graph) {
  const numbers = new Map();
  const lowest = new Map();
  const open = [];
  const found = [];
  const visit = (node) => {
    numbers.set(node, numbers.size);
    lowest.set(node, numbers.get(node));
    open.push(node);
    for (const next of graph.get(node) ?? []) {
      if (!numbers.has(next)) visit(next);
      if (open.includes(next)) lowest.set(node, Math.min(lowest.get(node), lowest.get(next)));
    }
    if (lowest.get(node) !== numbers.get(node)) return;
    const circle = open.splice(open.indexOf(node));
    if (circle.length > 1) found.push(circle.sort());
  };
  for (const node of graph.keys()) if (!numbers.has(node)) visit(node);
  return found;
}
