import type { AwsDeviceView } from "./aws-device.js";
import { type Typed, value, wrongField } from "./page-fields.js";
import { frame, type Notice, noticeBox, notices } from "./page-frame.js";
import type { CloudState, DeviceAction, DeviceState, DeviceView, MessageView } from "./state.js";
import { breakable, escapeHtml } from "./text.js";

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
  update: "Update",
  reboot: "Reboot",
  disable: "Disable",
  enable: "Enable",
  forget: "Forget",
  kick: "Disconnect",
  revoke: "Revoke password",
};

export const awsStates = { true: "Online", false: "Offline" };

export const brokerStates = { true: "runs", false: "is stopped" };

/** The page of who runs the cloud: codes, devices, messages, addresses. `typed`: the form that was refused. */
export function renderHomePage(state: CloudState, notice: Notice | null, typed: Typed | null = null): string {
  return frame(
    "Mock cloud",
    "/",
    `${codeCard(notice, "home")}
<section class="card" aria-labelledby="devices-title">
<h2 id="devices-title">Devices</h2>
<ul id="devices" class="rows">${state.devices.map(deviceRow).join("")}</ul>
<ul id="aws-devices" class="rows" aria-label="Devices of the AWS account">${state.awsDevices.map(awsRow).join("")}</ul>
<p class="quiet when-empty">No device has called yet. Type one of the addresses below into a device.</p>
${registerForm(typed)}
${keyForm(typed)}
</section>
<section class="card" aria-labelledby="messages-title">
<h2 id="messages-title">Messages</h2>
${commandForm(state, typed)}
<ul id="messages" class="rows" tabindex="0" aria-labelledby="messages-title">${state.messages.map(messageRow).join("")}</ul>
<p class="quiet when-empty">Nothing has arrived yet.</p>
</section>
<section class="card" aria-labelledby="addresses-title">
<h2 id="addresses-title">Addresses</h2>
<dl>
<dt>Device service</dt><dd><code>${breakable(state.deviceServiceUrl)}</code></dd>
<dt>xiaozhi activation</dt><dd><code>${breakable(state.xiaozhiUrl)}</code></dd>
<dt>MQTT broker</dt><dd><code>${breakable(state.brokerUrl)}</code> <span id="broker-state">${brokerStates[String(state.brokerRuns) as "true"]}</span></dd>
</dl>
<form method="post" action="/broker" class="actions">
<button name="runs" value="false">Stop the broker</button>
<button name="runs" value="true">Start the broker</button>
</form>
</section>
<script src="/page.js" defer></script>`,
  );
}

/** Only the form for the code: where a device's `activation_url` leads. Anybody may see it: it shows no codes. */
export function renderActivatePage(notice: Notice | null): string {
  return frame(
    "Activate a device",
    undefined,
    `${codeCard(notice, "activate")}\n<p class="quiet"><a href="/">All devices</a></p>`,
  );
}

/** What a field for a MAC has in both forms. */
const macField = `type="text" class="field mono" autocapitalize="characters" autocomplete="off" spellcheck="false" pattern="\\s*([0-9A-Fa-f]{2}[:\\-]?){5}[0-9A-Fa-f]{2}\\s*" maxlength="20" required title="Six pairs of hexadecimal digits"`;

const registerForm = (typed: Typed | null) => `<form method="post" action="/devices" class="register">
<label for="mac">Register a device by hand</label>
<p id="mac-hint" class="quiet">Its MAC, as the device or its label says.</p>
<div class="code-line">
<input id="mac" name="mac" ${macField} aria-describedby="mac-hint"${value(typed, "register", "mac")}>
<button name="action" value="register">Register</button>
</div>
</form>`;

/** The key's field stays empty after a refusal, too: a page shows no key. */
const keyForm = (typed: Typed | null) => `<details class="register"${typed?.form === "key" ? " open" : ""}>
<summary>Give a device's serial number and key</summary>
<form method="post" action="/devices/key">
<p id="key-hint" class="quiet">Signatures with this serial number are checked from then on; the key is not shown again. A virtual device takes the same three: <code>npm run device -- --mac … --serial-number … --hmac-key …</code></p>
<p class="switch"><label for="key-mac">MAC</label> <input id="key-mac" name="mac" ${macField} aria-describedby="key-hint"${value(typed, "key", "mac")}></p>
<p class="switch"><label for="key-serial">Serial number</label> <input id="key-serial" name="serial" class="field" autocomplete="off" spellcheck="false" maxlength="64" required${value(typed, "key", "serial")}></p>
<p class="switch"><label for="key-hex">Key, 16 to 64 bytes in hexadecimal</label> <input id="key-hex" name="hmacKeyHex" type="password" class="field" autocomplete="off" pattern="\\s*([0-9A-Fa-f]{2}){16,64}\\s*" required title="16 to 64 bytes in hexadecimal"${typed?.wrong === "hmacKeyHex" ? wrongField : ""}></p>
<p class="actions"><button class="primary">Make it known</button></p>
</form>
</details>`;

/** Any command to any device that is connected; its answer stands in the notice. */
function commandForm({ devices }: CloudState, typed: Typed | null): string {
  const macs = devices.filter(({ state }) => state === "online").map(({ mac }) => escapeHtml(mac));
  return `<form method="post" action="/devices/command" class="register">
<label for="command">Send a command</label>
<p id="command-hint" class="quiet">JSON, as <code>{"cmd":"set","settings":{"dataIntervalMs":10000}}</code>; the answer stands above.</p>
<div class="code-line">
<input id="command-mac" name="mac" ${macField} list="online" aria-label="MAC of the device"${value(typed, "command", "mac", macs[0] ?? "")}>
<datalist id="online">${macs.map((mac) => `<option value="${mac}">`).join("")}</datalist>
<input id="command" name="command" class="field mono" autocomplete="off" spellcheck="false" maxlength="4000" required aria-describedby="command-hint"${value(typed, "command", "command", '{"cmd":"status"}')}>
<button>Send</button>
</div>
</form>`;
}

/** Notices that are about the code, and not about a device. */
const codeNotices: readonly (Notice | null)[] = [notices.wrong, notices.malformed, notices["too-many"]];

function codeCard(notice: Notice | null, from: "home" | "activate"): string {
  const bad = codeNotices.includes(notice);
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

function deviceRow({ mac, serial, keyKnown, state, code, tooManyCount, lastSeenMs, actions }: DeviceView): string {
  const called = lastSeenMs === null ? "has not called yet" : `called ${time(lastSeenMs)}`;
  return `<li>
<div class="row-head"><code class="mac">${escapeHtml(mac)}</code><span class="badge ${state}">${stateNames[state]}</span></div>
${code === null ? "" : `<p>Shows the code <strong class="waiting-code">${escapeHtml(code)}</strong></p>\n`}<p class="quiet">${serial === null ? "" : `<span class="serial">${escapeHtml(serial)}</span> · ${keyKnown ? "key known" : "key unknown"} · `}${called}${tooManyCount === 0 ? "" : ` · asked too often ${tooManyCount}×`}</p>
<form method="post" action="/devices" class="actions">
<input type="hidden" name="mac" value="${escapeHtml(mac)}">
${actions.map((action) => actionButton(mac, action)).join("")}</form>
</li>`;
}

function awsRow({ name, certificateId, online, last, lastSeenMs }: AwsDeviceView): string {
  return `<li>
<div class="row-head"><code class="mac">${escapeHtml(name)}</code><span class="badge ${online ? "online" : "seen"}">${awsStates[String(online) as "true"]}</span></div>
<p class="quiet">AWS IoT · certificate <code>${escapeHtml(certificateId)}</code> · ${time(lastSeenMs)}</p>
${last === null ? "" : `<pre>${escapeHtml(last)}</pre>\n`}</li>`;
}

function actionButton(mac: string, action: DeviceAction): string {
  const name = actionNames[action];
  const primary = action === "register" ? ' class="primary"' : "";
  return `<button name="action" value="${action}"${primary} aria-label="${name} ${escapeHtml(mac)}">${name}</button>\n`;
}

function messageRow({ direction, mac, topic, payload, atMs }: MessageView): string {
  return `<li>
<div class="row-head"><span class="quiet">${time(atMs)} <span class="arrow">${direction === "up" ? "from" : "to"}</span> <code class="mac">${escapeHtml(mac)}</code></span></div>
<p class="topic"><code>${breakable(topic)}</code></p>
<pre>${escapeHtml(payload)}</pre>
</li>`;
}

function time(ms: number): string {
  const iso = new Date(ms).toISOString();
  return `<time datetime="${iso}">${iso.slice(11, 19)} UTC</time>`;
}
