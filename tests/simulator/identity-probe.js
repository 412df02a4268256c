/** An app that signs with the SDK's native digest, and tells what the C behind `mc/ffi` says in the simulator. */
import config from "mc/config";
import { SystemClock } from "modules/clock/adapter";
import { fromHex, toHex } from "modules/data/hex";
import { BoardIdentity, sha256 } from "modules/identity/adapter";
import { hmacSha256 } from "modules/identity/hmac";
import { NvsStore } from "modules/storage/adapter";
import { system } from "modules/system/adapter";
import { WiFiAdapter } from "modules/wifi/adapter";
import Timer from "timer";

const tell = (value) => trace(JSON.stringify({ told: value }), "\n");

function run() {
  const digests = config.vectors.map(({ key, data }) => toHex(hmacSha256(sha256, fromHex(key), fromHex(data))));
  tell({ digests });
  const identity = new BoardIdentity(new NvsStore("factory"), new NvsStore("agent"), Math.random);
  const { mac, serial } = identity;
  tell({ mac, serial, bytes: identity.sign("Möwe", "bytes"), text: identity.sign("Möwe", "text") });
  const { ssid, channel, rssi } = new WiFiAdapter(new SystemClock()).status();
  tell({
    isDebug: system.isDebug,
    hasFacts: system.facts() !== undefined,
    wifi: [ssid, channel ?? null, rssi ?? null],
  });
}

// A turn later: what is thrown while modules load has no name.
Timer.set(() => run());
