/** `mc/ffi`: the C functions that the manifests name (modules/wifi/esp32/address.c). */
import { host } from "./host.js";

export default class FFI {
  /** -1 where there is no access point. The machine that plays the board keeps its address. */
  access_point_address(_a: number, _b: number, _c: number, _d: number): number {
    return host.radio.accessPoint.settings ? 0 : -1;
  }
}
