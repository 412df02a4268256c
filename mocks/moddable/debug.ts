/** `debug` (modules/base/debug): on the host there is no XS heap to collect. */
import type DebugType from "debug";

export default {
  gc(_enable?: boolean): void {},
} satisfies typeof DebugType;
