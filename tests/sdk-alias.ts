/** Where tests import device code, its SDK modules and what is C on the device are the mocks. */
import { fileURLToPath } from "node:url";
import { specifiers } from "../mocks/moddable/specifiers.js";

const exactly = (text: string): RegExp => new RegExp(`^${text.replaceAll("/", "\\/")}$`);

export const SDK_ALIAS = Object.entries(specifiers).map(([specifier, file]) => ({
  find: exactly(specifier),
  replacement: fileURLToPath(new URL(`../mocks/moddable/${file.replace(/\.js$/, ".ts")}`, import.meta.url)),
}));
