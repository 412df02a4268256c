import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { installGlobals } from "../../mocks/moddable/globals.js";
import { crowdedModel, pageModel, trials } from "../../mocks/page-models.js";
import { PROTOCOL_CHOICES } from "../../provisioning/choice.js";
import type { PageModel, TrialStatus } from "../../softap/model.js";
import { type Language, renderNetworks, renderPage, renderStatus } from "../../softap/view.js";
import { isFresh } from "../../tools/page.js";
import { fieldValue, unescapeHtml } from "./support.js";

installGlobals();

const statusOf = (trial: TrialStatus) => renderStatus(trial, "en", pageModel({}));
const LANGUAGES: readonly Language[] = ["en", "zh-CN"];
const bytesOf = (model: PageModel, language: Language, gzip: boolean) =>
  Buffer.concat(renderPage(model, language, gzip).body);
const pageOf = (model: PageModel, language: Language = "en") => bytesOf(model, language, false).toString();
/** Without what the build made. */
const fillingOf = (model: PageModel, language: Language = "en") =>
  Buffer.from(renderPage(model, language, false).body[1]!).toString();

const CERTIFICATE_MISTAKES = [
  "claim-invalid",
  "claim-key",
  "claim-expired",
  "document-invalid",
  "certificates-invalid",
  "certificates-too-large",
  "authority-unusable",
  "authority-none",
  "authority-expired",
] as const;

const hostile = [
  `"><script>alert(1)</script>`,
  "O'Brien's & Sons",
  `' onmouseover='alert(1)`,
  "</option></select><img src=x onerror=alert(1)>",
  "Café Möwe ☕ 👩‍👩‍👧",
  "&amp;#60;",
  "文字".repeat(5),
  "\u202etxt.exe",
  "\ufffd\ufffd",
  "  two  spaces  ",
  "</title></style>",
];

/** Of the select: the values, those that are selected, and what a person reads. */
function choiceOn(page: string): { values: string[]; selected: string[]; words: string[] } | undefined {
  const select = /<select id="protocol" name="protocol"[^>]*>(.*?)<\/select>/s.exec(page)?.[1];
  if (select === undefined) return undefined;
  const options = [...select.matchAll(/<option value="([^"]*)"( selected)?>([^<]*)/g)];
  return {
    values: options.map(([, value]) => value!),
    selected: options.flatMap(([, value, selected]) => (selected ? [value!] : [])),
    words: options.map(([, , , text]) => text!),
  };
}

/** The page's own elements, with nobody's words in it. */
const tagsOf = (page: string) => page.match(/<[a-z!/][^\s>]*/gi);

test("what was built is what the sources say: npm run page", () => {
  expect(isFresh()).toBe(true);
});

describe.each(LANGUAGES)("in %s", (language) => {
  test.each(Object.entries(trials))("gzip and raw are the same page, and whole: %s", (_name, trial) => {
    const model = pageModel({ trial });
    const raw = pageOf(model, language);
    expect(gunzipSync(bytesOf(model, language, true)).toString()).toBe(raw);
    expect(raw).toMatch(new RegExp(`^<!doctype html><html lang="${language}">.*</html>$`, "s"));
    expect(raw.slice(raw.indexOf("<main>"))).not.toMatch(/undefined|\[object|\{\{|NaN/);
    expect(raw).toContain(`data-phase="${trial.phase}"`);
    expect(raw).toContain(renderStatus(model.trial, language, model));
  });

  test.each(Object.entries(trials))("20 networks in range and 10 saved ones fit into 6 KiB: %s", (_name, trial) => {
    expect(bytesOf(crowdedModel({ trial }), language, true).length).toBeLessThanOrEqual(6 * 1024);
  });

  test("so does a form that is full of mistakes, after a failure", () => {
    const errors = {
      ssid: "ssid-too-long",
      password: "password-length",
      url: "url-invalid",
    } as const;
    for (const pem of CERTIFICATE_MISTAKES) {
      const model = crowdedModel({ trial: trials.failed!, errors: { ...errors, pem }, protocol: "activation-v2" });
      expect(bytesOf(model, language, true).length, pem).toBeLessThanOrEqual(6 * 1024);
    }
  });

  test("of more networks than a person looks through the strongest are listed, and how many are not", () => {
    const networks = Array.from({ length: 27 }, (_, index) => ({ ssid: `n${index}`, rssi: -40, secured: true }));
    const page = fillingOf(pageModel({ networks }), language);
    expect(page.match(/<li class="q/g)).toHaveLength(20);
    expect(page).toMatch(/[^\d]7[^\d<]*<\/p><\/div>/);
    expect(fillingOf(pageModel({ networks: networks.slice(7) }), language)).not.toMatch(/[^\d]7[^\d<]*<\/p><\/div>/);
  });

  test("a sign that no Wi-Fi password has is shown, as text", () => {
    const errors = { password: "password-sign", sign: "<ä>" } as const;
    expect(fillingOf(pageModel({ errors }), language)).toMatch(
      /id="password-error">[^<]+<b><bdi>&#60;ä&#62;<\/bdi><\/b>/,
    );
  });

  test("so does one that was out of date", () => {
    const model = crowdedModel({ trial: trials.failed!, stale: true, protocol: "activation-v2" });
    expect(bytesOf(model, language, true).length).toBeLessThanOrEqual(6 * 1024);
  });

  test("every protocol has words of its own, the chosen one is shown, and where it is not the usual one at once", () => {
    for (const chosen of PROTOCOL_CHOICES) {
      const page = fillingOf(pageModel({ protocol: chosen }), language);
      const { values, selected, words } = choiceOn(page)!;
      expect([values, selected]).toEqual([[...PROTOCOL_CHOICES], [chosen]]);
      expect(page.includes("<details open>")).toBe(chosen !== "automatic");
      expect(new Set(words).size).toBe(PROTOCOL_CHOICES.length);
      for (const text of words) expect(PROTOCOL_CHOICES).not.toContain(text);
    }
  });

  test("headers say what it is", () => {
    const plain = {
      "content-type": "text/html; charset=utf-8",
      "content-language": language,
      vary: "accept-encoding, accept-language",
    };
    expect(renderPage(pageModel(), language, false).headers).toEqual(plain);
    expect(renderPage(pageModel(), language, true).headers).toEqual({ ...plain, "content-encoding": "gzip" });
  });

  test("every request of it keeps the language", () => {
    const page = fillingOf(crowdedModel({ trial: trials.failed! }), language);
    const targets = [...page.matchAll(/\b(?:form)?action="([^"]*)"/g)].map(([, target]) => target);
    expect(targets.sort()).toEqual(
      ["/", "/forget", "/keep", "/prefer", "/scan"].map((path) => `${path}?lang=${language}`),
    );
  });
});

describe.each(hostile)("a network called %j", (ssid) => {
  const everywhere = (name: string) =>
    pageModel({
      ssid: name,
      url: name,
      protocol: name,
      networks: [{ ssid: name, rssi: -60, secured: true }],
      known: [{ ssid: name, preferred: true }],
      trial: {
        phase: "failed",
        ssid: name,
        url: name,
        done: [],
        failure: { reason: "internal", detail: name },
        kept: false,
      },
      facts: { mac: name, serial: name, firmware: name },
      authorities: [{ name, until: "2036-11-27" }],
    });

  test("is text wherever it stands, and reads as it is called", () => {
    const page = fillingOf(everywhere(ssid));
    expect(tagsOf(page)).toEqual(tagsOf(fillingOf(everywhere("plain"))));
    expect(page).not.toMatch(/="[^"]*<|<bdi>[^<]*>[^<]*</);
    expect([fieldValue(page, "ssid"), fieldValue(page, "url")]).toEqual([ssid, ssid]);
    expect(unescapeHtml(/<select id="known"[^>]*><option value="([^"]*)">/.exec(page)![1]!)).toBe(ssid);
    expect(unescapeHtml(/<bdi>([^<]*)<\/bdi>/.exec(renderNetworks(everywhere(ssid), "en"))![1]!)).toBe(ssid);
  });

  test("is text in a code's place and beside it", () => {
    const shown = (text: string) =>
      statusOf({ phase: "activating", ssid: "n", url: "u", shown: { code: text, message: text, url: text } });
    expect(tagsOf(shown(ssid))).toEqual(tagsOf(shown("a plain text")));
  });
});

test("only a web address becomes a link", () => {
  const link = (url: string) =>
    /<a href="([^"]*)" rel/.exec(
      statusOf({ phase: "activating", ssid: "n", url: "u", shown: { code: "1", message: undefined, url } }),
    )?.[1];
  expect(link("https://example.com/")).toBe("https://example.com/");
  expect(link("javascript:alert(1)")).toBeUndefined();
  expect(link("data:text/html,x")).toBeUndefined();
});

test.each([
  ["123456", ["123", "456"]],
  ["12345678", ["1234", "5678"]],
  ["AB-12", ["AB-12"]],
  ["1234567", ["1234", "567"]],
])("the code %s is grouped, and whole", (code, groups) => {
  const trial = {
    phase: "activating",
    ssid: "n",
    url: "u",
    shown: { code, message: undefined, url: undefined },
  } as const;
  const spans = statusOf(trial).matchAll(/<span>([^<]*)<\/span>/g);
  expect([...spans].map(([, text]) => text)).toEqual(groups);
});

test("strength, and whether there is a password, in words", () => {
  const networks = [-40, -60, -61, -70, -71, -80, -81, -95].map((rssi) => ({ ssid: "n", rssi, secured: rssi > -75 }));
  const words = [...renderNetworks(pageModel({ networks }), "en").matchAll(/<\/bdi>([^<]*)/g)].map(([, text]) => text);
  const [strong, good, fair, weak] = ["strong", "good", "fair", "weak"].map((word) => `${word} · `);
  expect(words).toEqual([
    `${strong}password`,
    `${strong}password`,
    `${good}password`,
    `${good}password`,
    `${fair}password`,
    `${fair}open`,
    `${weak}open`,
    `${weak}open`,
  ]);
});

test("a program can fill in the form: the first one, with the token, no name twice", () => {
  const page = pageOf(crowdedModel({ trial: trials.failed! }));
  const form = /<form id="form" method="post" action="\/\?lang=en"[^>]*>(.*?)<\/form>/s.exec(page)![1]!;
  expect(page.indexOf("<form")).toBe(page.indexOf('<form id="form"'));
  const names = [...form.matchAll(/<(?:input|textarea|select)[^>]* name="([^"]*)"/g)].map(([, name]) => name);
  expect(names).toEqual(["token", "ssid", "password", "url", "protocol", "pem"]);
  expect(form).toContain(`name="token" value="${pageModel().token}"`);
});

test("a locked address is shown, is not for typing, and leaves no kind of service to choose", () => {
  const page = fillingOf(pageModel({ urlLocked: true, protocol: "activation-v2" }));
  expect(page).toMatch(/<input id="url"[^>]* readonly aria-describedby="url-note">.*id="url-note"/);
  expect([choiceOn(page), page.includes("<details>")]).toEqual([undefined, true]);
  expect(fillingOf(pageModel())).not.toContain("readonly");
});

test("each mistake in the certificates has its own words, beside their field, where it is seen", () => {
  const words = CERTIFICATE_MISTAKES.map((pem) => {
    const page = fillingOf(pageModel({ errors: { pem } }));
    expect(page).toMatch(
      /<details open>.*<textarea id="pem" name="pem" aria-invalid="true" aria-describedby="pem-error"/s,
    );
    return /<p class="bad" id="pem-error">([^<]+)/.exec(page)?.[1];
  });
  expect(new Set(words).size).toBe(CERTIFICATE_MISTAKES.length);
  expect(words).not.toContain(undefined);
});

test("an unknown kind of service is said at its field, where it is seen", () => {
  const page = fillingOf(pageModel({ protocol: "magic", errors: { protocol: "protocol-unknown" } }));
  expect(page).toMatch(/<details open>.*<select[^>]* aria-invalid="true" aria-describedby="protocol-error">/s);
  expect(page).toMatch(/<p class="bad" id="protocol-error">Choose the kind of service/);
  expect(choiceOn(page)!.selected).toEqual([]);
});

test("a stored password is told of", () => {
  expect(fillingOf(pageModel({ hasPassword: true }))).toContain('placeholder="unchanged"');
  expect(fillingOf(pageModel())).not.toContain("placeholder");
});

test("stored certificates are told of, each kind with a button that forgets it", () => {
  const authorities = [
    { name: "Root <1>", until: "2036-11-27" },
    { name: "Root 2", until: "2031-01-01" },
  ];
  const rows = (change: Partial<PageModel>) =>
    [...fillingOf(pageModel(change)).matchAll(/<div class="row"><p>(.*?)<\/p><button form="other" (.*?)>Forget</g)].map(
      ([, facts, button]) => [facts, button],
    );
  const claim = ["A claim certificate is stored.", 'name="stored" value="claim"'];
  const roots = "CA: <bdi>Root &#60;1&#62;</bdi>, until 2036-11-27<br>CA: <bdi>Root 2</bdi>, until 2031-01-01";
  const trusted = [roots, 'name="stored" value="authorities"'];
  expect(rows({})).toEqual([]);
  expect(rows({ hasClaim: true })).toEqual([claim]);
  expect(rows({ hasClaim: true, claimMinutes: 0 })[0]![0]).toBe("A claim certificate is stored. (0 min)");
  expect(rows({ authorities })).toEqual([trusted]);
  expect(rows({ hasClaim: true, authorities })).toEqual([claim, trusted]);
});

test("without JavaScript the page reloads itself while something is under way, but not over mistakes", () => {
  const reloads = (change: Partial<PageModel>) => fillingOf(pageModel(change)).includes('http-equiv="refresh"');
  const underWay = Object.entries(trials).filter(([, trial]) => reloads({ trial }));
  expect(underWay.map(([name]) => name)).toEqual([
    "trying, nothing yet",
    "trying",
    "activating",
    "activating, a code alone",
  ]);
  expect(reloads({ trial: trials.trying!, stale: true })).toBe(false);
  expect(reloads({ trial: trials.trying!, errors: { url: "url-invalid" } })).toBe(false);
});

test("nothing is loaded from elsewhere: there is no internet behind the portal", () => {
  expect(pageOf(crowdedModel())).not.toMatch(/\b(?:src|href)="(?!data:,"|\/\?lang=)|@import|url\(/);
});
