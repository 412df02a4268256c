// The law of circles: no files that import each other, however long the way round, and no such rooms (folders) in device
// code and mocks. An import of a type is an import: who reads one has to read the other.
import { dirname } from "node:path";

const ROOMS = /^(?:modules|softap|provisioning|agent|mocks)(?:\/|$)/;

/**
 * @param {Map<string, Set<string>>} imports of files
 * @returns {string[]} what breaks the law
 */
export function circleViolations(imports) {
  return [
    ...circles(imports).map((circle) => `a circle of files: ${circle.join(", ")}`),
    ...circles(roomsOf(imports)).map((circle) => `a circle of rooms: ${circle.join(", ")}`),
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
