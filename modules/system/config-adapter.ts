/** What the manifests' `config` says. */
import config from "mc/config";

export const readConfig = (): object => config;
