import { defineConfig, mergeConfig } from "vitest/config";
import simulator from "../simulator/vitest.config.js";

/** As the simulator's tests, whose builder they use. */
export default mergeConfig(
  simulator,
  defineConfig({ test: { root: import.meta.dirname, globalSetup: "../simulator/builder.ts" } }),
);
