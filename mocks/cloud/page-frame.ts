import { escapeHtml } from "./text.js";

export interface Notice {
  readonly good: boolean;
  readonly text: string;
}

/** What a page can say after a form. */
export const notices = {
  activated: { good: true, text: "That worked. The device is activated and goes online in a moment." },
  done: { good: true, text: "Done." },
  sent: { good: true, text: "Sent. What the device answers stands among the messages." },
  wrong: {
    good: false,
    text: "No device is waiting with this code. Look at the device again: a code lives a few minutes.",
  },
  malformed: { good: false, text: "A code has six digits. Please type all of them." },
  "too-many": { good: false, text: "Too many codes. Wait a minute, then try again." },
  unreachable: { good: false, text: "The device is not connected, or not known any more." },
  refused: { good: false, text: "This request was refused. Reload the page and try again." },
} as const satisfies Record<string, Notice>;
export type NoticeName = keyof typeof notices;

const pages = { "/": "Devices", "/behaviour": "Behaviour" } as const;

/** A whole page. `path`: which of the pages it is, undefined for one outside the list. */
export function frame(title: string, path: keyof typeof pages | undefined, content: string): string {
  const links = Object.entries(pages).map(
    ([to, name]) => `<a href="${to}"${to === path ? ' aria-current="page"' : ""}>${name}</a>`,
  );
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
<header><h1>${escapeHtml(title)}</h1>${path ? `<nav>${links.join("")}</nav>` : ""}</header>
<main>
${content}
</main>
</body>
</html>
`;
}

export function noticeBox({ good, text }: Notice): string {
  return `<p id="notice" class="notice ${good ? "good" : "bad"}" role="${good ? "status" : "alert"}">${escapeHtml(text)}</p>`;
}
