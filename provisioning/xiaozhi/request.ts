/** How the device describes itself to xiaozhi's servers: as the reference firmware does. */
import { splitQuery, type Url } from "../../modules/data/url.js";
import type { WiFiStatus } from "../../modules/wifi/wifi.js";
import type { ProvisioningContext } from "../protocol.js";

/** Of the activation: without and with a signature. */
export type Version = 1 | 2;

/** The reference's servers have it with a slash at its end, which people leave out. */
export function queryUrl(url: Url): Url {
  const [path, query] = splitQuery(url.path);
  return /\/ota$/i.test(path) ? { ...url, path: `${path}/${query}` } : url;
}

export function headers({ identity, language }: ProvisioningContext, version: Version): Record<string, string> {
  return {
    "content-type": "application/json",
    "activation-version": String(version),
    "device-id": identity.mac.toLowerCase(),
    "client-id": identity.uuid,
    ...(version === 2 && identity.serial !== undefined && { "serial-number": identity.serial }),
    "accept-language": language,
  };
}

/** The body of the query. What the machine does not know is left out: JSON has no undefined. */
export function description(context: ProvisioningContext, version: Version): object {
  const { identity, product } = context;
  const chip = context.chip();
  const mac = identity.mac.toLowerCase();
  return {
    version: 2, // of this description
    language: context.language,
    flash_size: chip?.flashBytes,
    // The reference firmware writes it as a text.
    minimum_free_heap_size: chip && String(chip.minimumFreeHeapBytes),
    mac_address: mac,
    uuid: identity.uuid,
    chip_model_name: "esp32s3",
    chip_info: chip && { model: chip.model, cores: chip.cores, revision: chip.revision, features: chip.features },
    application: {
      name: product.productId,
      version: product.firmwareVersion,
      compile_time: chip?.compileTime,
      idf_version: chip?.idfVersion,
      elf_sha256: chip?.elfSha256,
    },
    partition_table: chip?.partitions,
    ota: chip && { label: chip.running },
    board: board(product.productId, context.wifi(), mac),
    // The seed's, which the reference firmware has not.
    client_info: {
      mac_address: identity.mac,
      client_id: identity.uuid,
      serial_number: version === 2 ? identity.serial : undefined,
    },
  };
}

function board(productId: string, { ssid, rssi, channel, address }: WiFiStatus, mac: string): object {
  return { type: productId, name: productId, ssid, rssi, channel, ip: address, mac };
}
