/**
 * A resolve hook for Node (`module.register`): in the project's own code `import … from "timer"` finds the mock.
 * npm packages keep Node's modules of the same name (`net`).
 */
import type { ResolveHook } from "node:module";
import { specifiers } from "./specifiers.js";

export const resolve: ResolveHook = (specifier, context, nextResolve) => {
  const file = Object.hasOwn(specifiers, specifier) ? specifiers[specifier] : undefined;
  if (file === undefined || context.parentURL?.includes("/node_modules/")) return nextResolve(specifier, context);
  return { url: new URL(file, import.meta.url).href, shortCircuit: true };
};
