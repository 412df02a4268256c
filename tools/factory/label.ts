/** What stands on a board's label. In Node and in browsers. */
import { encode } from "uqr";
import { accessPointName } from "../../modules/identity/identity.js";
import type { FactoryRecord } from "./record.js";

/** Where the page of the board's own network is (`accessPointAddress` in manifest.json). */
const pageUrl = "http://192.168.4.1/";

export interface Label {
  readonly serial: string;
  /** These three only where the MAC address is known. */
  readonly mac?: string;
  /** Name of the board's own network. */
  readonly network?: string;
  /** Joins that network when a phone's camera sees it as a QR code. */
  readonly joinCode?: string;
  readonly password?: string;
  readonly page: string;
}

export function labelOf({ serial, mac, accessPointPassword: password }: FactoryRecord): Label {
  const network = mac && accessPointName(mac);
  return {
    serial,
    ...(mac && network && { mac, network, joinCode: joinCode(network, password) }),
    ...(password !== undefined && { password }),
    page: pageUrl,
  };
}

/** As ZXing's "Barcode Contents" defines it and phones read it. */
function joinCode(network: string, password: string | undefined): string {
  const escaped = (text: string) => text.replace(/[\\;,:"]/g, "\\$&");
  const secret = password === undefined ? "T:nopass" : `T:WPA;P:${escaped(password)}`;
  return `WIFI:S:${escaped(network)};${secret};;`;
}

const quietModules = 4;
const lineHeight = 5;

/** An SVG of 70 × 30 mm: the QR code on the left, the lines on the right. */
export function labelSvg(label: Label): string {
  const lines = [
    ["Serial", label.serial],
    ["MAC", label.mac],
    ["Wi-Fi", label.network],
    ["Password", label.password],
    ["Page", label.page],
  ].filter(([, value]) => value !== undefined);
  const left = label.joinCode ? 31 : 2;
  const text = lines.map(([name, value], at) => {
    const fitted = value!.length > 20 ? ` textLength="${68 - left - 10}" lengthAdjust="spacingAndGlyphs"` : "";
    const y = 4.5 + at * lineHeight;
    return `<text x="${left}" y="${y}">${name}</text><text x="${left + 10}" y="${y}"${fitted}>${escapeXml(value!)}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="70mm" height="30mm" viewBox="0 0 70 30" font-family="sans-serif" font-size="2.6"><rect width="70" height="30" fill="#fff"/>${label.joinCode ? qrPath(label.joinCode) : ""}${text.join("")}</svg>
`;
}

/** A square of 30 × 30 with its quiet zone (ISO/IEC 18004: four modules). */
function qrPath(code: string): string {
  const { data, size } = encode(code, { ecc: "M", border: 0 });
  const scale = 30 / (size + 2 * quietModules);
  const modules = data.flatMap((row, y) => row.flatMap((dark, x) => (dark ? [`M${x} ${y}h1v1h-1z`] : [])));
  const place = `translate(${(quietModules * scale).toFixed(3)} ${(quietModules * scale).toFixed(3)}) scale(${scale.toFixed(4)})`;
  return `<path transform="${place}" shape-rendering="crispEdges" d="${modules.join("")}"/>`;
}

function escapeXml(text: string): string {
  return text.replace(/[<>&"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
