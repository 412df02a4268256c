/**
 * How operating systems find out whether there is internet, and what they want to hear (captive-portal reference, §3).
 * Pure. Before the device is set up every probe leads to the portal, which opens the system's sheet; afterwards each
 * gets what its system takes for online, which closes the sheet.
 */

import { splitQuery } from "../modules/data/url.js";
import type { ServerReply, ServerRequest } from "../modules/http/http.js";
import { notFound, redirect, refresh, text } from "./replies.js";

/** Asked for by browsers and systems on their own, of any host: the page in their place would do harm. */
const ABSENT_PATHS: ReadonlySet<string> = new Set(["/favicon.ico", "/wpad.dat"]);
/** What the page's script asks for: never under a foreign name (DNS rebinding). */
const API_PATHS: ReadonlySet<string> = new Set(["/status", "/networks"]);

interface Probe {
  /** Also with `www.` before them. Left out: any. */
  readonly hosts?: readonly string[];
  /** Without the query. Left out: any. */
  readonly paths?: readonly string[];
  readonly online: ServerReply;
  /** The system does not follow a 302: it gets a page that leads on. */
  readonly needsPage?: true;
}

const online = (status: number, type: string, body: string, more: Record<string, string> = {}): ServerReply => ({
  status,
  headers: { "cache-control": "no-store", ...(type && { "content-type": type }), ...more },
  body,
});
const NO_CONTENT = online(204, "", "");
/** NetworkManager looks at this header first, then at how the body begins (src/core/nm-connectivity.c). */
const MANAGED = { "x-networkmanager-status": "online" };
const NM_ONLINE = online(200, "text/plain", "NetworkManager is online\n", MANAGED);
/** The number is what the readers look for (Amazon's InternetConnectionMonitor.cpp, and the page itself). */
const KINDLE_PAGE = online(
  200,
  "text/html",
  "<html><head><title>Kindle Reachability Probe Page</title></head><body>81ce4465-7167-4dcb-835b-dcc9e44c112a</body></html>\n",
);
const APPLE_PAGE = online(200, "text/html", "<HTML><HEAD><TITLE>Success</TITLE></HEAD><BODY>Success</BODY></HTML>");
/** Firefox compares the whole body (`captivedetect.canonicalContent`). */
const FIREFOX_PAGE = online(
  200,
  "text/html",
  '<meta http-equiv="refresh" content="0;url=https://support.mozilla.org/kb/captive-portal"/>',
);

const PROBES: readonly Probe[] = [
  // iOS, macOS; the hosts of old versions are asked for paths of chance.
  {
    hosts: ["captive.apple.com", "airport.us", "ibook.info", "itools.info", "appleiphonecell.com", "thinkdifferent.us"],
    online: APPLE_PAGE,
  },
  { hosts: ["www.apple.com"], paths: ["/library/test/success.html"], online: APPLE_PAGE },
  // Android, ChromeOS, and who builds on them: each vendor has a host of its own.
  { paths: ["/generate_204", "/gen_204"], online: NO_CONTENT },
  // Samsung's phones do not always follow a 302 here; the host varies.
  { paths: ["/mobile/status.php"], online: NO_CONTENT, needsPage: true },
  // Windows
  {
    hosts: ["www.msftconnecttest.com", "ipv6.msftconnecttest.com"],
    paths: ["/connecttest.txt"],
    online: online(200, "text/plain", "Microsoft Connect Test"),
  },
  {
    hosts: ["www.msftncsi.com", "ipv6.msftncsi.com"],
    paths: ["/ncsi.txt"],
    online: online(200, "text/plain", "Microsoft NCSI"),
  },
  // NetworkManager, as the distributions set it up
  { hosts: ["connectivity-check.ubuntu.com"], online: online(204, "", "", MANAGED) },
  { hosts: ["nmcheck.gnome.org"], paths: ["/check_network_status.txt"], online: NM_ONLINE },
  { hosts: ["network-test.debian.org"], paths: ["/nm"], online: NM_ONLINE },
  { hosts: ["ping.archlinux.org"], paths: ["/nm-check.txt"], online: NM_ONLINE },
  {
    hosts: ["fedoraproject.org"],
    paths: ["/static/hotspot.txt"],
    online: online(200, "text/plain", "OK\n", MANAGED),
  },
  { hosts: ["networkcheck.kde.org"], online: online(200, "text/plain", "OK\n", MANAGED) },
  // Firefox
  { hosts: ["detectportal.firefox.com"], paths: ["/canonical.html"], online: FIREFOX_PAGE },
  {
    hosts: ["detectportal.firefox.com"],
    paths: ["/success.txt"],
    online: online(200, "text/plain", "success\n"),
  },
  // Fire OS, Kindle: the stub is the probe, the other is what its sheet opens
  {
    hosts: ["spectrum.s3.amazonaws.com"],
    paths: ["/kindle-wifi/wifistub.html", "/kindle-wifi/wifistub-eink.html"],
    online: KINDLE_PAGE,
  },
  {
    hosts: ["spectrum.s3.amazonaws.com"],
    paths: ["/kindle-wifi/wifiredirect.html"],
    online: KINDLE_PAGE,
    needsPage: true,
  },
];

/**
 * Answers a request under a name that is not the portal's own.
 * @param portalUrl where people are led, `http://192.168.4.1/`
 * @param isOnline the device is set up, and the sheet may close
 */
export function answerProbe(
  request: Pick<ServerRequest, "method" | "host" | "path">,
  portalUrl: string,
  isOnline: boolean,
): ServerReply {
  const [path] = splitQuery(request.path);
  if (request.method !== "GET" && request.method !== "HEAD") return misdirected();
  if (ABSENT_PATHS.has(path)) return notFound();
  if (API_PATHS.has(path)) return misdirected();
  const probe = findProbe(hostName(request.host), path);
  if (isOnline && probe) return probe.online;
  return probe?.needsPage ? refresh(portalUrl) : redirect(portalUrl);
}

function findProbe(host: string, path: string): Probe | undefined {
  const bare = host.replace(/^www\./, "");
  return PROBES.find(
    ({ hosts, paths }) => (!hosts || hosts.includes(host) || hosts.includes(bare)) && (!paths || paths.includes(path)),
  );
}

/** Without port and without the root's dot, in lower case. */
function hostName(host: string): string {
  return host
    .toLowerCase()
    .replace(/:\d{0,5}$/, "")
    .replace(/\.$/, "");
}

/** RFC 9110 §15.5.20 */
function misdirected(): ServerReply {
  return text(421, "This device answers under its own address only.");
}
