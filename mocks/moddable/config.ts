/** `mc/config`: the manifest's `config` section; on the host the virtual device hands it in. */
import type ConfigType from "mc/config";
import { host } from "./host.js";

export default host.config satisfies typeof ConfigType;
