/**
 * `Resource` (modules/files/resource): the manifest's resources. On the host there are only those that it was given:
 * the SDK's certificates are not in this project.
 */
import type ResourceType from "Resource";
import { host } from "./host.js";

function Resource(name: string): Uint8Array {
  const bytes = host.resources.get(name);
  if (!bytes) throw new Error(`resource not found: ${name}`);
  return bytes.slice();
}
Resource.exists = (name: string): boolean => host.resources.has(name);

export default Resource as unknown as typeof ResourceType;
