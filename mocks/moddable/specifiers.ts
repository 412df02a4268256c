/**
 * The one table of the SDK's module specifiers and the files that stand for them on the host.
 * The loader hook (compiled code) and vitest (sources) both read it; paths are relative to this file.
 */
export const specifiers: Readonly<Record<string, string>> = {
  // The device's own: it takes the place of the SDK's module there too (modules/base).
  timer: "../../modules/base/timer.js",
  "modules/base/guard": "../../modules/base/guard.js",
  // What is C on the device.
  "modules/console/serial-adapter": "./console.js",
  "modules/system/chip-adapter": "./machine-functions.js",
  "modules/tls/certificates-adapter": "./tls/certificates.js",
  "modules/tls/keys-adapter": "./tls/keys.js",
  "modules/tls/session-adapter": "./tls/session.js",
  // The simulator has another one.
  "modules/update/boot-adapter": "../../modules/update/boot-adapter.js",
  time: "./time.js",
  preference: "./preference.js",
  wifi: "./wifi.js",
  net: "./net.js",
  Resource: "./resource.js",
  crypt: "./crypt.js",
  debug: "./debug.js",
  "mc/config": "./config.js",
  "mc/ffi": "./ffi.js",
  "embedded:io/digital": "./digital.js",
  "embedded:io/socket/tcp": "./socket/tcp.js",
  "embedded:io/socket/udp": "./socket/udp.js",
  "embedded:io/socket/listener": "./socket/listener.js",
  "embedded:storage/flash": "./flash.js",
  "embedded:update": "./update.js",
  "embedded:network/http/server": "./http/server.js",
  "embedded:network/mqtt/client": "./mqtt/client.js",
};
