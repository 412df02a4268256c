/** A release for ESP Web Tools (https://esphome.github.io/esp-web-tools/): the manifest that its button reads. */
export const ESP_WEB_TOOLS_MANIFEST = "esp-web-tools.json";

interface Part {
  readonly path: string;
  readonly offset: number;
}

/** As `src/const.ts` of the package esp-web-tools 10.4 has it; of it what a release here says. */
export interface EspWebToolsManifest {
  readonly name: string;
  readonly version: string;
  readonly new_install_prompt_erase: boolean;
  /** Seconds. */
  readonly new_install_improv_wait_time: number;
  readonly builds: readonly {
    readonly chipFamily: "ESP32-S3";
    readonly parts: readonly Part[];
  }[];
}

/** @param parts paths are taken from where the manifest is */
export function espWebToolsManifest(name: string, version: string, parts: readonly Part[]): EspWebToolsManifest {
  return {
    name,
    version,
    // Else a new installation erases the whole flash unasked: factory record, settings and all.
    new_install_prompt_erase: true,
    // The board answers when it has looked for networks, some seconds after its start.
    new_install_improv_wait_time: 10,
    builds: [{ chipFamily: "ESP32-S3", parts: parts.map(({ path, offset }) => ({ path, offset })) }],
  };
}
