import { defineConfig } from "vitest/config";
import { SDK_ALIAS } from "./tests/sdk-alias.js";

/** They compute from beginning to end: no sockets, no browser, no processes, no time but their own, no module replaced. */
const COMPUTING = [
  "tests/*.test.ts",
  "tests/docs/!(commands).test.ts",
  "tests/{esp32,factory,lifecycle,scripted,softap}/**/*.test.ts",
  "tests/nvs/!(cli).test.ts",
  "tests/provisioning/!(made-up|vending-dialects).test.ts",
];

export default defineConfig({
  resolve: { alias: SDK_ALIAS },
  test: {
    watch: false,
    // Its files import each other without extensions, as bundlers take it and Node does not.
    server: { deps: { inline: ["improv-wifi-serial-sdk"] } },
    // Seconds, not minutes; but the machine may be busy.
    expect: { poll: { timeout: 30_000 } },
    testTimeout: 120_000,
    hookTimeout: 120_000,
    projects: [
      {
        extends: true,
        test: {
          name: "computing",
          include: COMPUTING,
          // A worker for each of two cores; a module is read once in each.
          maxWorkers: 2,
          isolate: false,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: "waiting",
          include: ["tests/**/*.test.ts"],
          exclude: COMPUTING,
          // They sleep most of the time.
          maxWorkers: 8,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
