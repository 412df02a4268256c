/** Where a device of AWS IoT speaks and listens, as long as nobody says otherwise. */

/** Below the name: policies allow that with one variable, `devices/${iot:Connection.Thing.ThingName}/*`. */
export function topicsOf(thingName: string): Readonly<Record<string, string>> {
  const base = `devices/${thingName}`;
  return { status: `${base}/status`, data: `${base}/data`, control: `${base}/control` };
}
