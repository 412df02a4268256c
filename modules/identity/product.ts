/** What the factory wrote about the product, checked. */
import { parseAddress } from "../data/address.js";
import type { Store } from "../storage/storage.js";
import { type FactoryProduct, isSerial } from "./identity.js";

/**
 * @param factory `hw_version`, `product_id`, `url`, `url_locked`, which is "1" where people cannot change the address, and
 *   `min_version`
 */
export function readProduct(factory: Store): FactoryProduct {
  const hardwareVersion = factory.get("hw_version") ?? "";
  const productId = factory.get("product_id") ?? "";
  const factoryMinimumVersion = factory.get("min_version") ?? "";
  const provisioningUrl = factory.get("url") ?? "";
  const provisioningUrlLocked = factory.get("url_locked") === "1";
  return {
    ...(isSerial(hardwareVersion) && { hardwareVersion }),
    ...(isSerial(productId) && { productId }),
    ...(isSerial(factoryMinimumVersion) && { factoryMinimumVersion }),
    ...(parseAddress(provisioningUrl) && { provisioningUrl, provisioningUrlLocked }),
  };
}
