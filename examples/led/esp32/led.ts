/** The addressable LED on the ESP32-S3-DevKitC-1, GPIO 48. */
import NeoPixel from "neopixel";

const PIN = 48;
/** Of 255: bright enough on a desk. */
const BRIGHTNESS = 24;

let pixel: NeoPixel | undefined;

export function setLed(isOn: boolean): void {
  pixel ??= new NeoPixel({ pin: PIN, length: 1, order: "GRB" });
  const level = isOn ? BRIGHTNESS : 0;
  pixel.fill(pixel.makeRGB(level, level, level));
  pixel.update();
}
