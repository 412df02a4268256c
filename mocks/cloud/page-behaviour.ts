import { dialectNames, dialects, operatorSwitches } from "./dialects.js";
import { faultForms } from "./page-faults.js";
import { select, type Typed, typedText, value, wrongMark } from "./page-fields.js";
import { frame, type Notice, noticeBox } from "./page-frame.js";
import type { CloudState } from "./state.js";
import { type Group, groups, type Switch, type SwitchName, switches, switchNames } from "./switches.js";
import { escapeHtml } from "./text.js";

/**
 * How the cloud behaves: as which server, with which quirks and faults, and which firmware it offers.
 * `typed`: the form that was refused.
 */
export function renderBehaviourPage(state: CloudState, notice: Notice | null, typed: Typed | null = null): string {
  const card = (id: string, title: string, content: string) =>
    `<section class="card" id="${id}" aria-labelledby="${id}-title">\n<h2 id="${id}-title">${title}</h2>\n${content}\n</section>`;
  return frame(
    "Mock cloud",
    "/behaviour",
    [
      notice ? noticeBox(notice) : "",
      card("dialect", "Dialect", dialectForm(state)),
      card("switches", "Switches", groups.map((group) => switchForm(state, group, typed)).join("\n")),
      card("faults", "Faults", faultForms(state, typed)),
      card("firmware", "Firmware", firmwareForm(state, typed)),
    ].join("\n"),
  );
}

function dialectForm({ dialect }: CloudState): string {
  const row = (name: (typeof dialectNames)[number]) =>
    `<li><button name="dialect" value="${name}"${name === dialect ? ' class="primary" aria-pressed="true"' : ""}>${name}</button> <span>${escapeHtml(dialects[name].text)}</span></li>`;
  const now = dialect === null ? " Single switches were changed: it speaks none of these now." : "";
  return `<p class="quiet">Sets every switch. These stay as they are: ${[...operatorSwitches].join(", ")}.${now}</p>
<form method="post" action="/behaviour/switches"><ul class="choices">${dialectNames.map(row).join("")}</ul></form>`;
}

function switchForm({ settings }: CloudState, group: Group, typed: Typed | null): string {
  const names = switchNames.filter((name) => switches[name].group === group);
  const changed = names.filter((name) => settings[name] !== switches[name].initial).length;
  const isTyped = typed?.form === "switches" && names.some((name) => Object.hasOwn(typed.fields, name));
  return `<details${isTyped ? " open" : ""}>
<summary>${escapeHtml(group)}${changed === 0 ? "" : ` <span class="badge waiting">${changed} changed</span>`}</summary>
<form method="post" action="/behaviour/switches">
${names.map((name) => switchField(name, settings[name], typed)).join("\n")}
<p class="actions"><button class="primary">Save<span class="unseen"> ${escapeHtml(group)}</span></button></p>
</form>
</details>`;
}

function switchField(name: SwitchName, current: string | number | boolean, typed: Typed | null): string {
  const item: Switch = switches[name];
  const id = `switch-${name}`;
  const attributes = `id="${id}" name="${name}" class="field" aria-describedby="${id}-hint"`;
  return `<p class="switch${current === item.initial ? "" : " changed"}"><label for="${id}">${name}</label>
${control(item, name, String(current), attributes, typed)}
<span id="${id}-hint" class="quiet">${escapeHtml(item.text)}</span></p>`;
}

function control(item: Switch, name: SwitchName, current: string, attributes: string, typed: Typed | null): string {
  const chosen = typedText(typed, "switches", name, current);
  switch (item.kind) {
    case "choice":
      return select(attributes + wrongMark(typed, "switches", name), item.values, chosen);
    case "flag":
      return select(attributes, [true, false], chosen, { true: "yes", false: "no" });
    case "whole":
      return `<input ${attributes} type="number" min="${item.min}" max="${item.max}" step="1" required${value(typed, "switches", name, current)}>`;
    case "path":
      return `<input ${attributes} type="text" placeholder="none" spellcheck="false"${value(typed, "switches", name, current)}>`;
  }
}

function firmwareForm({ firmware, releases }: CloudState, typed: Typed | null): string {
  const line = (name: string, label: string, usual: string, more = "") =>
    `<p class="switch"><label for="firmware-${name}">${label}</label> <input id="firmware-${name}" name="${name}" class="field" autocomplete="off" spellcheck="false"${value(typed, "firmware", name, usual)} ${more}></p>`;
  const withdraw = `<form method="post" action="/behaviour/firmware" class="actions"><button name="withdraw" value="true">Withdraw</button></form>`;
  const released = releases.map(
    (version) =>
      `<button name="release" value="${escapeHtml(version)}">Offer ${escapeHtml(version)}, which is served here</button>`,
  );
  const release = `<form method="post" action="/behaviour/firmware" class="actions">${released.join("\n")}</form>`;
  return `<p>${firmware ? `Offered to every device with another version: <strong>${escapeHtml(firmware.version)}</strong>` : '<span class="quiet">None is offered.</span>'}</p>
${firmware ? withdraw : ""}
${released.length > 0 ? release : ""}
<form method="post" action="/behaviour/firmware">
${line("version", "Version", firmware?.version ?? "", "required")}
${line("url", "URL", firmware?.url ?? "", 'type="url" required')}
${line("fileSizeBytes", "Size in bytes", String(firmware?.fileSizeBytes ?? ""), 'type="number" min="1" required')}
${line("sha256", "SHA-256, hexadecimal", firmware?.sha256 ?? "", 'pattern="\\s*[0-9A-Fa-f]{64}\\s*" required')}
${line("signature", "Signature, hexadecimal", firmware?.signature ?? "")}
${line("changelog", "What is new", firmware?.changelog ?? "")}
<p class="switch"><label for="firmware-force">Forced (xiaozhi)</label> ${select('id="firmware-force" name="force" class="field"', [false, true], typedText(typed, "firmware", "force", String(firmware?.force ?? false)), { true: "yes", false: "no" })}</p>
<p class="actions"><button class="primary">Offer it</button></p>
</form>`;
}
