// Who imports whom.
import { dirname, join, normalize } from "node:path";

/** The specifier is the first or the second group. Of types, too. */
export const IMPORT = /^(?:import|export)\b(?:[^;"]*?\bfrom)?\s*"([^"]+)"|\bimport\(\s*"([^"]+)"/gm;

/**
 * @param {{ path: string, text: string }[]} files
 * @returns {Map<string, Set<string>>} of each file the files that it imports; what is none of them is left out
 */
export function importsOf(files) {
  const paths = new Set(files.map(({ path }) => path));
  return new Map(
    files.map(({ path, text }) => {
      const specifiers = [...text.matchAll(IMPORT)].map(([, from, dynamic]) => from ?? dynamic);
      const targets = specifiers.flatMap(
        (specifier) => candidates(path, specifier).find((one) => paths.has(one)) ?? [],
      );
      return [path, new Set(targets)];
    }),
  );
}

/** Relative, or by the full name that the manifests give a module of the project. */
function candidates(path, specifier) {
  if (!specifier.startsWith(".")) return [`${specifier}.ts`];
  const target = normalize(join(dirname(path), specifier)).replaceAll("\\", "/");
  return [target, target.replace(/\.js$/, ".ts")];
}
