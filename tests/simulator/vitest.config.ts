import { defineConfig } from "vitest/config";
import { SDK_ALIAS } from "../sdk-alias.js";

export default defineConfig({
  resolve: { alias: SDK_ALIAS },
  test: {
    root: import.meta.dirname,
    include: ["*.sim.ts"],
    // Each machine has ports, state and a folder of its own. Builds compute: two files at a time.
    maxWorkers: 2,
    globalSetup: "builder.ts",
    // What a test waits for has limits of its own; building the engine on a busy machine takes minutes.
    testTimeout: 600_000,
    hookTimeout: 600_000,
  },
});
