// A device of a few lines, for the tests of the virtual device: what to do stands in its configuration.
import Digital from "embedded:io/digital";
import config from "mc/config";
import { writeText } from "modules/console/serial-adapter";
import { resetReason } from "modules/system/chip-adapter";
// biome-ignore lint/style/useNodejsImportProtocol: the SDK's module, not Node's
import Net from "net";
import Preference from "preference";
import Time from "time";
import Timer from "timer";
import WiFi from "wifi";

const print = (text) => writeText(text) || trace(text);
const state = (name, members) => print(`${JSON.stringify({ state: name, ...members })}\r\n`);

const boots = (Preference.get("tiny", "boots") ?? 0) + 1;

const actions = {
  idle() {},
  count() {
    Preference.set("tiny", "boots", boots);
    state("counted");
  },
  restartOnce() {
    Preference.set("tiny", "boots", boots);
    if (boots === 1) System.restart();
    state("restarted");
  },
  setCalendar() {
    Preference.set("tiny", "boots", boots);
    if (boots > 1) {
      state("kept");
      return;
    }
    Time.set(Date.UTC(2031, 5) / 1000);
    System.restart();
  },
  wait() {
    const [ticks, date] = [Time.ticks, Date.now()];
    const passed = () => ({ ticks: Time.delta(ticks), calendar: Date.now() - date });
    Timer.set(() => state("waited", passed()), 60_000);
    state("waiting");
  },
  crash() {
    // The device's own timers are guarded; what the resolver calls is not.
    Net.resolve("127.0.0.1", () => {
      throw new Error("no good");
    });
  },
  reject() {
    Promise.reject(new Error("no promise"));
  },
  spin() {
    state("spinning");
    for (;;) Preference.get("tiny", "boots");
  },
  open() {
    WiFi.accessPoint({ ssid: "tiny", password: "on the label" });
    state("open");
  },
  press() {
    const options = { pin: config.buttonPin, mode: Digital.InputPullUp, edge: Digital.Rising | Digital.Falling };
    const pin = new Digital({ ...options, onReadable: () => state(pin.read() ? "up" : "down") });
    state("ready");
  },
  join() {
    new WiFi({ ssid: "home", password: "correct horse" }, (message) => state(message));
  },
};

WiFi.mode = 1;
print("half a line, ");
print("the other half\r\n");
state("booted", {
  boots,
  reset: resetReason(),
  mac: Net.get("MAC"),
  serial: Preference.get("factory", "serial"),
  key: Preference.get("factory", "hmac_key"),
  config,
  year: new Date().getFullYear(),
});
actions[config.action]();
