/** Keys by the TLS library's arithmetic. */
import { makeKey, makeRequest } from "modules/tls/certificates-adapter";
import type { Keys } from "./keys.js";

export const nativeKeys: Keys = Object.freeze({ make: makeKey, request: makeRequest });
