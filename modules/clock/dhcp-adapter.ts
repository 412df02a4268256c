/** What the network's DHCP says of the time: C of this folder's `esp32/`. */
import FFI from "mc/ffi";

/** As many as the build has lwIP keep (sdkconfig.defaults). */
const MAX_SERVERS = 2;

/** @returns IPv4 addresses of SNTP servers */
export function timeServersOfNetwork(): string[] {
  const servers: string[] = [];
  const ffi = new FFI();
  for (let index = 0; index < MAX_SERVERS; index++) {
    const address = ffi.time_server(index);
    if (address) servers.push([0, 8, 16, 24].map((shift) => (address >>> shift) & 255).join("."));
  }
  return servers;
}
