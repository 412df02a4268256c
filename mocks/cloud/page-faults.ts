import { errorForms, fileKinds, httpEndpoints, httpKinds, mqttKinds, type PlannedFault } from "./faults.js";
import { select, type Typed, typedText, value, wrongMark } from "./page-fields.js";
import type { CloudState } from "./state.js";
import { escapeHtml, printable } from "./text.js";

/** What is planned, and the forms that plan: for requests, for the broker, and for the images that it serves. */
export function faultForms({ faults }: CloudState, typed: Typed | null): string {
  const row = (fault: PlannedFault) =>
    `<li>${fault.endpoint}: ${escapeHtml(about(fault))}, ${fault.remaining === null ? "until cleared" : `${fault.remaining}×`}</li>`;
  const clear = `<form method="post" action="/behaviour/faults" class="actions"><button name="clear" value="all">Clear all</button></form>`;
  const planned = `<ul>${faults.map(row).join("")}</ul>\n${clear}`;
  return `${faults.length === 0 ? '<p class="quiet">None is planned.</p>' : planned}
${httpForm(typed)}
${brokerForm(typed)}
${fileForm(typed)}`;
}

/** The fault with its members, in a line. */
function about(fault: PlannedFault): string {
  switch (fault.kind) {
    case "status":
      return [
        `status ${fault.status}`,
        ...("retryAfter" in fault ? [`Retry-After ${fault.retryAfter}`] : []),
        ...("retryAfterMs" in fault ? [`retry_after ${fault.retryAfterMs} ms`] : []),
        ...(!("body" in fault) || fault.body === undefined ? [] : [`body ${printable(fault.body, 60)}`]),
      ].join(", ");
    case "cut":
      return "at" in fault ? `cut, ${fault.at === "headers" ? "before the headers" : "in the body"}` : "cut";
    case "slow":
      return `slow, ${fault.chunkBytes} bytes every ${fault.intervalMs} ms`;
    case "truncated":
      return `truncated after ${fault.afterBytes} bytes`;
    case "corrupted":
      return `corrupted at ${fault.offset}`;
    case "redirect":
      return `redirect${"status" in fault ? ` ${fault.status}` : ""} to ${fault.to === undefined ? "itself" : printable(fault.to, 60)}`;
    case "oversized":
      return `oversized, ${fault.bodyBytes} bytes`;
    case "error-in-200":
      return `error-in-200, ${fault.form}`;
    default:
      return fault.kind;
  }
}

/** The fields of one of the forms, with what was typed where it was refused. */
function fields(form: string, typed: Typed | null) {
  const line = (name: string, label: string, inner: string) =>
    `<p class="switch"><label for="${form}-${name}">${label}</label> ${inner}</p>`;
  const attributes = (name: string) => `id="${form}-${name}" name="${name}" class="field"`;
  return {
    text: (name: string, label: string) =>
      line(name, label, `<input ${attributes(name)} type="text" autocomplete="off"${value(typed, form, name)}>`),
    area: (name: string, label: string) =>
      line(
        name,
        label,
        `<textarea ${attributes(name)} rows="2" spellcheck="false">${escapeHtml(typedText(typed, form, name))}</textarea>`,
      ),
    number: (name: string, label: string, usual: string) =>
      line(name, label, `<input ${attributes(name)} type="number" min="0" step="1"${value(typed, form, name, usual)}>`),
    one: (name: string, label: string, values: readonly string[], usual = values[0]) =>
      line(
        name,
        label,
        select(attributes(name) + wrongMark(typed, form, name), values, typedText(typed, form, name, usual)),
      ),
  };
}

function httpForm(typed: Typed | null): string {
  const { text, area, number, one } = fields("faults", typed);
  return `<form method="post" action="/behaviour/faults">
<h3>Requests</h3>
${one("endpoint", "Where", httpEndpoints, "ota")}
${one("kind", "What", httpKinds)}
${number("times", "How often; empty: until cleared", "1")}
<details${typed?.form === "faults" ? " open" : ""}>
<summary>More about it</summary>
${number("status", "status, redirect: the status", "503")}
${text("to", "redirect: the URL")}
${text("retryAfter", "status: Retry-After, seconds or an HTTP date")}
${number("retryAfterMs", "status: retry_after in the body, ms", "")}
${area("body", "status: the body; empty: the service's own")}
${one("at", "cut: before the headers, or in the body", ["headers", "body"])}
${number("chunkBytes", "slow: bytes at a time", "16")}
${number("intervalMs", "slow: ms between them", "200")}
${number("bodyBytes", "oversized: bytes in all", "20000")}
${one("form", "error-in-200: its form", errorForms)}
</details>
<p class="actions"><button class="primary">Plan it</button></p>
</form>`;
}

function brokerForm(typed: Typed | null): string {
  const { number, one } = fields("broker-faults", typed);
  return `<form method="post" action="/behaviour/faults">
<h3>Connections to the broker</h3>
<input type="hidden" name="endpoint" value="mqtt">
${one("kind", "What the broker does", mqttKinds)}
${number("times", "How many connections; empty: until cleared", "1")}
<p class="actions"><button class="primary">Plan it for the broker</button></p>
</form>`;
}

function fileForm(typed: Typed | null): string {
  const { text, number, one } = fields("file-faults", typed);
  return `<form method="post" action="/behaviour/faults">
<h3>Images that are loaded from here</h3>
<input type="hidden" name="endpoint" value="firmware-file">
${one("kind", "What happens to them", fileKinds)}
${number("times", "How many requests; empty: until cleared", "1")}
<details${typed?.form === "file-faults" ? " open" : ""}>
<summary>More about it</summary>
${number("status", "status: the status", "404")}
${number("afterBytes", "truncated: after so many bytes", "5000")}
${number("offset", "corrupted: the byte", "5000")}
${number("chunkBytes", "slow: bytes at a time", "1024")}
${number("intervalMs", "slow: ms between them", "200")}
${text("to", "redirect: the URL; empty: to itself, for ever")}
</details>
<p class="actions"><button class="primary">Plan it for the images</button></p>
</form>`;
}
