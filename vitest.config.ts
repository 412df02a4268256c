import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { specifiers } from "./mocks/moddable/specifiers.js";

const exactly = (text: string): RegExp => new RegExp(`^${text.replaceAll("/", "\\/")}$`);

export default defineConfig({
  resolve: {
    // Where tests import device code, its SDK modules are the mocks.
    alias: Object.entries(specifiers).map(([specifier, file]) => ({
      find: exactly(specifier),
      replacement: fileURLToPath(new URL(`mocks/moddable/${file.replace(/\.js$/, ".ts")}`, import.meta.url)),
    })),
  },
  test: {
    include: ["tests/**/*.test.ts"],
    watch: false,
    // Threads of virtual devices and sockets of loopback: seconds, not minutes.
    testTimeout: 20_000,
    hookTimeout: 20_000,
  },
});
