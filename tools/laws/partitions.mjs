// The law of the partition table: its numbers stand in partitions.csv, and in the module that is made of it.

const MADE = "modules/update/simulator/partition-table.ts";
const NUMBER = /(?<![\w.])(?:0x[\da-f_]+|\d[\d_]*)(?:\s*\*\s*(?:1024|1_024|0x400)\b)*(?!\w|\.\d)/gi;
/** What makes a number that is everybody's a partition's. A sector's size is one's only. */
const SPEAKS_OF_IT = /nvs|partition|ota_?data|phy_init|\bota_[01]\b|slots?\b/i;
const SPEAKS_OF_A_SECTOR = /phy_init/i;
const SECTOR_BYTES = 2 ** 12;

/**
 * @param {string} csv
 * @returns {Set<number>} offsets and sizes
 */
export function partitionNumbers(csv) {
  const rows = csv.split("\n").filter((line) => !line.startsWith("#"));
  return new Set(rows.flatMap((row) => row.split(",").slice(3, 5).map(Number)).filter((number) => number > 0));
}

/**
 * @param {string} path
 * @param {string} text comments and texts count: they go stale as well
 * @param {Set<number>} numbers
 * @returns {string[]} copies
 */
export function partitionCopies(path, text, numbers) {
  if (path === MADE) return [];
  const lines = text.split("\n");
  return lines.flatMap((line, index) => {
    const near = `${lines[index - 1] ?? ""}\n${line}`;
    return [...line.matchAll(NUMBER)]
      .filter(([literal]) => numbers.has(numberIn(literal)) && (!isEverybodys(literal) || speaksOf(literal).test(near)))
      .map(([literal]) => `${path}:${index + 1}: ${literal} is a number of partitions.csv`);
  });
}

function numberIn(literal) {
  return literal.split("*").reduce((product, factor) => product * Number(factor.trim().replaceAll("_", "")), 1);
}

function speaksOf(literal) {
  return numberIn(literal) === SECTOR_BYTES ? SPEAKS_OF_A_SECTOR : SPEAKS_OF_IT;
}

/** A sector, a page of the MMU, 64 KiB, a buffer: powers of two, up to 64 KiB or as products. */
function isEverybodys(literal) {
  const value = numberIn(literal);
  return (value & (value - 1)) === 0 && (value <= 2 ** 16 || literal.includes("*"));
}
