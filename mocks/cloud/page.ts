import type { CloudState, DeviceAction, DeviceState, DeviceView, MessageView } from "./state.js";
import { escapeHtml } from "./text.js";

/** What the page can say after a form. */
export const notices = {
  activated: { good: true, text: "That worked. The device is activated and goes online in a moment." },
  done: { good: true, text: "Done." },
  wrong: {
    good: false,
    text: "No device is waiting with this code. Look at the device again: a code lives a few minutes.",
  },
  malformed: { good: false, text: "A code has six digits. Please type all of them." },
  "too-many": { good: false, text: "Too many codes. Wait a minute, then try again." },
  unreachable: { good: false, text: "The device is not connected, or not known any more." },
  refused: { good: false, text: "This request was refused. Reload the page and try again." },
} as const;
export type Notice = keyof typeof notices;

export const stateNames: Record<DeviceState, string> = {
  seen: "Seen",
  unregistered: "Not registered",
  registered: "Registered",
  waiting: "Waiting for its code",
  activated: "Activated",
  online: "Online",
  disabled: "Disabled",
};

export const actionNames: Record<DeviceAction, string> = {
  register: "Register",
  ping: "Ping",
  reboot: "Reboot",
  disable: "Disable",
  enable: "Enable",
  forget: "Forget",
};

/** The whole page: the code, the devices, the messages, the addresses. */
export function renderHomePage(state: CloudState, notice: Notice | null): string {
  return frame(
    "Mock cloud",
    `${codeCard(notice, "home")}
<section class="card" aria-labelledby="devices-title">
<h2 id="devices-title">Devices</h2>
<ul id="devices" class="rows">${state.devices.map(deviceRow).join("")}</ul>
<p class="quiet when-empty">No device has called yet. Type one of the addresses below into a device.</p>
</section>
<section class="card" aria-labelledby="messages-title">
<h2 id="messages-title">Messages</h2>
<ul id="messages" class="rows" tabindex="0" aria-labelledby="messages-title">${state.messages.map(messageRow).join("")}</ul>
<p class="quiet when-empty">Nothing has arrived yet.</p>
</section>
<section class="card" aria-labelledby="addresses-title">
<h2 id="addresses-title">Addresses</h2>
<dl>
<dt>Device service</dt><dd><code>${escapeHtml(state.deviceServiceUrl)}</code></dd>
<dt>xiaozhi activation</dt><dd><code>${escapeHtml(state.xiaozhiUrl)}</code></dd>
<dt>MQTT broker</dt><dd><code>${escapeHtml(state.brokerUrl)}</code></dd>
</dl>
</section>
<script src="/page.js" defer></script>`,
  );
}

/** Only the form for the code: where a device's `activation_url` leads. */
export function renderActivatePage(notice: Notice | null): string {
  return frame(
    "Activate a device",
    `${codeCard(notice, "activate")}\n<p class="quiet"><a href="/">All devices</a></p>`,
  );
}

function frame(title: string, content: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<link rel="stylesheet" href="/page.css">
<link rel="icon" href="data:,">
</head>
<body>
<header><h1>${escapeHtml(title)}</h1></header>
<main>
${content}
</main>
</body>
</html>
`;
}

function codeCard(notice: Notice | null, from: "home" | "activate"): string {
  const bad = notice === "wrong" || notice === "malformed" || notice === "too-many";
  return `<section class="card">
${notice ? noticeBox(notice) : ""}
<form method="post" action="/activate" class="code-form">
<input type="hidden" name="from" value="${from}">
<label for="code">Code on the device</label>
<p id="code-hint" class="quiet">Six digits. The device shows them while it waits.</p>
<div class="code-line">
<input id="code" name="code" type="text" inputmode="numeric" autocomplete="one-time-code" pattern="\\s*[0-9]{3}[\\s\\-]*[0-9]{3}\\s*" maxlength="9" required aria-describedby="code-hint${bad ? " notice" : ""}"${bad ? ' aria-invalid="true"' : ""}${from === "activate" ? " autofocus" : ""} title="Six digits">
<button class="primary">Activate</button>
</div>
</form>
</section>`;
}

function noticeBox(notice: Notice): string {
  const { good, text } = notices[notice];
  return `<p id="notice" class="notice ${good ? "good" : "bad"}" role="${good ? "status" : "alert"}">${escapeHtml(text)}</p>`;
}

function deviceRow({ mac, serial, state, lastSeenMs, actions }: DeviceView): string {
  return `<li>
<div class="row-head"><code class="mac">${escapeHtml(mac)}</code><span class="badge ${state}">${stateNames[state]}</span></div>
<p class="quiet">${serial === null ? "" : `<span class="serial">${escapeHtml(serial)}</span> · `}${lastSeenMs === null ? "has not called yet" : `called ${time(lastSeenMs)}`}</p>
<form method="post" action="/devices" class="actions">
<input type="hidden" name="mac" value="${escapeHtml(mac)}">
${actions.map((action) => actionButton(mac, action)).join("")}</form>
</li>`;
}

function actionButton(mac: string, action: DeviceAction): string {
  const name = actionNames[action];
  const primary = action === "register" ? ' class="primary"' : "";
  return `<button name="action" value="${action}"${primary} aria-label="${name} ${escapeHtml(mac)}">${name}</button>\n`;
}

function messageRow({ direction, mac, topic, payload, atMs }: MessageView): string {
  return `<li>
<div class="row-head"><span class="quiet">${time(atMs)} <span class="arrow">${direction === "up" ? "from" : "to"}</span> <code class="mac">${escapeHtml(mac)}</code></span></div>
<p class="topic"><code>${escapeHtml(topic)}</code></p>
<pre>${escapeHtml(payload)}</pre>
</li>`;
}

function time(ms: number): string {
  const iso = new Date(ms).toISOString();
  return `<time datetime="${iso}">${iso.slice(11, 19)} UTC</time>`;
}
