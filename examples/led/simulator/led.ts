/** The LED of a machine that has none: a line on the console. */
export function setLed(isOn: boolean): void {
  trace(`led: ${isOn ? "on" : "off"}\n`);
}
