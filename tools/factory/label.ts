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

/** What stands before the lines, in the language of who reads them. */
export type LabelNames = Readonly<Record<"serial" | "mac" | "network" | "password" | "page", string>>;

export const labelNames: LabelNames = {
  serial: "Serial",
  mac: "MAC",
  network: "Wi-Fi",
  password: "Password",
  page: "Page",
};

const quietModules = 4;
/** Of "Password" with a gap behind it, in the widest fonts that printers use for sans-serif. */
const nameWidth = 13;
/** What is longer goes on in the next line: the longest serial number and password take four each. */
const lineCharacters = 20;
/** From here on a line of wide letters could leave the label. */
const fittedCharacters = 12;
const mostLineHeight = 5;
const textHeight = 27.5;
const mostFontSize = 2.6;

/** An SVG of 70 × 30 mm: the QR code on the left, the lines on the right. */
export function labelSvg(label: Label, names = labelNames): string {
  const left = label.joinCode ? 31 : 2;
  const x = left + nameWidth;
  const lines = (["serial", "mac", "network", "password", "page"] as const).flatMap((what) =>
    chunksOf(label[what] ?? "").map((value, at) => ({ name: at === 0 ? names[what] : "", value })),
  );
  const lineHeight = Math.min(mostLineHeight, textHeight / lines.length);
  const fontSize = Math.min(mostFontSize, lineHeight * 0.8);
  const text = lines.map(({ name, value }, at) => {
    const y = (lineHeight * (at + 0.9)).toFixed(2);
    const length = ((68 - x) * value.length) / lineCharacters;
    const fitted =
      value.length > fittedCharacters ? ` textLength="${length.toFixed(1)}" lengthAdjust="spacingAndGlyphs"` : "";
    const head = name && `<text x="${left}" y="${y}">${name}</text>`;
    return `${head}<text x="${x}" y="${y}"${fitted}>${escapeXml(value)}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" xml:space="preserve" width="70mm" height="30mm" viewBox="0 0 70 30" font-family="sans-serif" font-size="${fontSize.toFixed(2)}"><rect width="70" height="30" fill="#fff"/>${label.joinCode ? qrPath(label.joinCode) : ""}${text.join("")}</svg>
`;
}

function chunksOf(text: string): string[] {
  return text.match(new RegExp(`.{1,${lineCharacters}}`, "gs")) ?? [];
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
