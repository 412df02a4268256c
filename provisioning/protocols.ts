/** The choice among the protocols. */
import { splitQuery, type Url } from "../modules/http/url.js";
import { deviceService } from "./device-service.js";
import type { Protocol } from "./protocol.js";
import { xiaozhi } from "./xiaozhi.js";

/** The xiaozhi services live at a path that ends in `ota`; everything else is a device provisioning service. */
export function protocolFor(url: Url): Protocol {
  return /\/ota\/?$/.test(splitQuery(url.path)[0]) ? xiaozhi : deviceService;
}
