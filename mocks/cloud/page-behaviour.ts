import { dialectNames, dialects } from "./dialects.js";
import { endpoints, errorForms, httpKinds, mqttKinds } from "./faults.js";
import { frame, type Notice, noticeBox } from "./page-frame.js";
import type { CloudState } from "./state.js";
import { type Group, groups, type Switch, type SwitchName, switches, switchNames } from "./switches.js";
import { escapeHtml } from "./text.js";

/** How the cloud behaves: as which server, with which quirks and faults, and which firmware it offers. */
export function renderBehaviourPage(state: CloudState, notice: Notice | null): string {
  const card = (id: string, title: string, content: string) =>
    `<section class="card" id="${id}" aria-labelledby="${id}-title">\n<h2 id="${id}-title">${title}</h2>\n${content}\n</section>`;
  return frame(
    "Mock cloud",
    "/behaviour",
    [
      notice ? noticeBox(notice) : "",
      card("dialect", "Dialect", dialectForm(state)),
      card("switches", "Switches", groups.map((group) => switchForm(state, group)).join("\n")),
      card("faults", "Faults", faultForms(state)),
      card("firmware", "Firmware", firmwareForm(state)),
    ].join("\n"),
  );
}

function dialectForm({ dialect }: CloudState): string {
  const row = (name: (typeof dialectNames)[number]) =>
    `<li><button name="dialect" value="${name}"${name === dialect ? ' class="primary" aria-pressed="true"' : ""}>${name}</button> <span>${escapeHtml(dialects[name].text)}</span></li>`;
  const now = dialect === null ? "Single switches were changed: it speaks none of these now." : "";
  return `<p class="quiet">Sets the switches that servers differ in. ${now}</p>
<form method="post" action="/behaviour/switches"><ul class="choices">${dialectNames.map(row).join("")}</ul></form>`;
}

function switchForm({ settings }: CloudState, group: Group): string {
  const names = switchNames.filter((name) => switches[name].group === group);
  const changed = names.filter((name) => settings[name] !== switches[name].initial).length;
  return `<details>
<summary>${escapeHtml(group)}${changed === 0 ? "" : ` <span class="badge waiting">${changed} changed</span>`}</summary>
<form method="post" action="/behaviour/switches">
${names.map((name) => switchField(name, settings[name])).join("\n")}
<p class="actions"><button class="primary">Save<span class="unseen"> ${escapeHtml(group)}</span></button></p>
</form>
</details>`;
}

function switchField(name: SwitchName, value: string | number | boolean): string {
  const item: Switch = switches[name];
  const id = `switch-${name}`;
  const attributes = `id="${id}" name="${name}" class="field" aria-describedby="${id}-hint"`;
  return `<p class="switch${value === item.initial ? "" : " changed"}"><label for="${id}">${name}</label>
${control(item, value, attributes)}
<span id="${id}-hint" class="quiet">${escapeHtml(item.text)}</span></p>`;
}

function control(item: Switch, value: string | number | boolean, attributes: string): string {
  switch (item.kind) {
    case "choice":
      return select(attributes, item.values, value);
    case "flag":
      return select(attributes, [true, false], value, { true: "yes", false: "no" });
    case "whole":
      return `<input ${attributes} type="number" min="${item.min}" max="${item.max}" step="1" required value="${value}">`;
    case "path":
      return `<input ${attributes} type="text" placeholder="none" spellcheck="false" value="${escapeHtml(String(value))}">`;
  }
}

function select(
  attributes: string,
  values: readonly (string | number | boolean)[],
  chosen: string | number | boolean,
  names: Record<string, string> = {},
): string {
  const option = (value: string | number | boolean) =>
    `<option value="${value}"${value === chosen ? " selected" : ""}>${names[String(value)] ?? value}</option>`;
  return `<select ${attributes}>${values.map(option).join("")}</select>`;
}

function faultForms({ faults }: CloudState): string {
  const row = ({ endpoint, kind, remaining }: CloudState["faults"][number]) =>
    `<li>${endpoint}: ${kind}, ${remaining === null ? "until cleared" : `${remaining}×`}</li>`;
  const planned =
    faults.length === 0 ? '<p class="quiet">None is planned.</p>' : `<ul>${faults.map(row).join("")}</ul>`;
  const clear = `<form method="post" action="/behaviour/faults" class="actions"><button name="clear" value="all">Clear all</button></form>`;
  return `${planned}
${faults.length === 0 ? "" : clear}
<form method="post" action="/behaviour/faults">
${field("endpoint", "Where", select('id="fault-endpoint" name="endpoint" class="field"', endpoints, "ota"))}
${field("kind", "What", select('id="fault-kind" name="kind" class="field"', [...new Set([...httpKinds, ...mqttKinds])], "status"))}
${field("times", "How often; empty: until cleared", number("times", "1"))}
<details>
<summary>More about it</summary>
${field("status", "status: the status", number("status", "503"))}
${field("retryAfter", "status: Retry-After, seconds or an HTTP date", input("retryAfter", ""))}
${field("retryAfterMs", "status: retry_after in the body, ms", number("retryAfterMs", ""))}
${field("body", "status: the body; empty: the service's own", `<textarea id="fault-body" name="body" class="field" rows="2" spellcheck="false"></textarea>`)}
${field("at", "cut: before the headers, or in the body", select('id="fault-at" name="at" class="field"', ["headers", "body"], "headers"))}
${field("chunkBytes", "slow: bytes at a time", number("chunkBytes", "16"))}
${field("intervalMs", "slow: ms between them", number("intervalMs", "200"))}
${field("bodyBytes", "oversized: bytes in all", number("bodyBytes", "20000"))}
${field("form", "error-in-200: its form", select('id="fault-form" name="form" class="field"', errorForms, "error"))}
</details>
<p class="actions"><button class="primary">Plan it</button></p>
</form>`;
}

function field(name: string, label: string, inner: string): string {
  return `<p class="switch"><label for="fault-${name}">${label}</label> ${inner}</p>`;
}

function number(name: string, value: string): string {
  return `<input id="fault-${name}" name="${name}" class="field" type="number" min="0" step="1" value="${value}">`;
}

function input(name: string, value: string): string {
  return `<input id="fault-${name}" name="${name}" class="field" type="text" autocomplete="off" value="${value}">`;
}

function firmwareForm({ firmware }: CloudState): string {
  const line = (name: string, label: string, value: string, more = "") =>
    `<p class="switch"><label for="firmware-${name}">${label}</label> <input id="firmware-${name}" name="${name}" class="field" autocomplete="off" spellcheck="false" value="${escapeHtml(value)}" ${more}></p>`;
  const withdraw = `<form method="post" action="/behaviour/firmware" class="actions"><button name="withdraw" value="true">Withdraw</button></form>`;
  return `<p>${firmware ? `Offered to every device with another version: <strong>${escapeHtml(firmware.version)}</strong>` : '<span class="quiet">None is offered.</span>'}</p>
${firmware ? withdraw : ""}
<form method="post" action="/behaviour/firmware">
${line("version", "Version", firmware?.version ?? "", "required")}
${line("url", "URL", firmware?.url ?? "", 'type="url" required')}
${line("fileSizeBytes", "Size in bytes", String(firmware?.fileSizeBytes ?? ""), 'type="number" min="1" required')}
${line("sha256", "SHA-256, hexadecimal", firmware?.sha256 ?? "", 'pattern="\\s*[0-9A-Fa-f]{64}\\s*" required')}
${line("changelog", "What is new", firmware?.changelog ?? "")}
<p class="switch"><label for="firmware-force">Forced (xiaozhi)</label> ${select('id="firmware-force" name="force" class="field"', [false, true], firmware?.force ?? false, { true: "yes", false: "no" })}</p>
<p class="actions"><button class="primary">Offer it</button></p>
</form>`;
}
