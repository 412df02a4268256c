/** The forms of the body and of the key, and what is learnt about them. */
import { describe, expect, test } from "vitest";
import type { Reason, Result } from "../../modules/base/failure.js";
import type { HttpResponse } from "../../modules/http/http.js";
import type { Habits } from "../../provisioning/protocol.js";
import { xiaozhi } from "../../provisioning/xiaozhi/xiaozhi.js";
import { answer } from "../scripted/cloud.js";
import { Service } from "./support.js";

const URL = "http://cloud.example.com/xiaozhi/ota/";
const challenge = "dac852d6";
const activation = { code: "123456", message: undefined, url: undefined, challenge, timeoutMs: 300_000 };

interface Form {
  readonly wrapped: boolean;
  readonly key: string;
}

/** What a body is; undefined for version 1's. */
function formOf(body: string): Form | undefined {
  const { Payload, ...flat } = JSON.parse(body) as Record<string, unknown>;
  const signed = (Payload ?? flat) as { hmac?: string };
  return signed.hmac === undefined ? undefined : { wrapped: Payload !== undefined, key: signed.hmac };
}

function serviceThat(
  answers: (form: Form | undefined, count: number) => Result<HttpResponse>,
  forms = ["bytes", "text"],
) {
  const service = new Service(({ body }, count) => answers(formOf(body!), count));
  service.identity = { ...service.identity, sign: (_text, form) => (forms.includes(form) ? form : undefined) };
  return service;
}

/** Takes one form alone, pending once. */
const taking = (taken: Form, forms?: string[]) =>
  serviceThat((form, count) => {
    if (form?.wrapped !== taken.wrapped) return answer(400, { error: { code: "BAD_REQUEST" } });
    if (form.key !== taken.key) return answer(401, { error: { code: "INVALID_HMAC" } });
    return count % 2 ? answer(202, "") : answer(200, "success");
  }, forms);

const activate = (service: Service) =>
  service.run(xiaozhi.activate(service.context(URL), activation, { isOver: false }));
const reasonOf = (result: Result<unknown>): Reason | undefined => (result.ok ? undefined : result.failure.reason);
const formsOf = (service: Service) => service.requests.map(({ body }) => formOf(body!));
const flat = { wrapped: false, key: "bytes" };

describe.each([
  [flat, undefined],
  [
    { wrapped: true, key: "bytes" },
    { wrapped: true, textKey: false },
  ],
  [
    { wrapped: false, key: "text" },
    { wrapped: false, textKey: true },
  ],
  [
    { wrapped: true, key: "text" },
    { wrapped: true, textKey: true },
  ],
] as [Form, Habits | undefined][])("a server that takes %j", (taken, learnt) => {
  test("gets it, whatever was learnt before", async () => {
    for (const habits of [{}, { wrapped: true }, { textKey: true }, { wrapped: true, textKey: true }]) {
      const service = taking(taken);
      service.habits = habits;
      expect((await activate(service)).ok).toBe(true);
      const changes =
        Number(taken.wrapped !== (habits.wrapped ?? false)) +
        Number((taken.key === "text") !== (habits.textKey ?? false));
      expect(formsOf(service).findIndex((form) => form?.wrapped === taken.wrapped && form.key === taken.key)).toBe(
        changes,
      );
      expect(service.learnt.length).toBe(changes ? 1 : 0);
    }
  });

  test("gets it first the next time", async () => {
    const service = taking(taken);
    await activate(service);
    expect(service.learnt).toEqual(learnt ? [learnt] : []);
    service.requests.length = 0;
    await activate(service);
    expect(formsOf(service)[0]).toEqual(taken);
    expect(service.learnt).toHaveLength(learnt ? 1 : 0);
  });
});

describe("each form is tried once", () => {
  test("400 to both bodies: the request is refused", async () => {
    for (const status of [400, 422]) {
      const service = serviceThat(() => answer(status, { error: { message: "bad" } }));
      expect(reasonOf(await activate(service))).toBe("request-refused");
      expect(formsOf(service)).toEqual([flat, { wrapped: true, key: "bytes" }]);
      expect([service.times[1], service.learnt]).toEqual([100, []]);
    }
  });

  test("401 to both keys: the signature is refused", async () => {
    const service = serviceThat(() => answer(401, ""));
    expect(reasonOf(await activate(service))).toBe("signature-refused");
    expect(formsOf(service)).toEqual([flat, { wrapped: false, key: "text" }]);
    expect(service.learnt).toEqual([]);
  });

  test("400 and 401 in turns end", async () => {
    const service = serviceThat((_form, count) => answer(count % 2 ? 400 : 401, ""));
    expect(reasonOf(await activate(service))).toBe("request-refused");
    expect(service.requests).toHaveLength(3);
  });

  test("also where the server refuses only after the code was entered", async () => {
    const service = serviceThat((form, count) => {
      if (count <= 3) return answer(202, "");
      return form?.key === "text" ? answer(200, "success") : answer(401, "");
    });
    expect((await activate(service)).ok).toBe(true);
    expect(service.habits).toMatchObject({ textKey: true });
  });

  test("a key in one form has no other", async () => {
    const bytes = taking({ wrapped: false, key: "text" }, ["bytes"]);
    expect(reasonOf(await activate(bytes))).toBe("signature-refused");
    expect(bytes.requests).toHaveLength(1);
    const text = taking({ wrapped: false, key: "text" }, ["text"]);
    expect((await activate(text)).ok).toBe(true);
    expect(formsOf(text)[0]).toEqual({ wrapped: false, key: "text" });
    const lost = taking(flat, ["bytes"]);
    lost.habits = { textKey: true };
    expect((await activate(lost)).ok).toBe(true);
  });

  test("a version 1 request has none", async () => {
    for (const status of [400, 401]) {
      const service = serviceThat(() => answer(status, ""), []);
      await activate(service);
      expect(formsOf(service)).toEqual([undefined]);
    }
  });

  test("after the pause that the server asks for", async () => {
    const service = serviceThat((form) =>
      form?.key === "text" ? answer(200, "") : answer(401, { retry_after: 5_000 }),
    );
    await activate(service);
    expect(service.times[1]! - service.times[0]!).toBeGreaterThanOrEqual(5_000);
    expect(service.times[1]! - service.times[0]!).toBeLessThan(7_000);
  });
});

test("what no server has taken is not learnt", async () => {
  const service = serviceThat((form) => (form?.wrapped ? answer(403, { detail: "no" }) : answer(400, "")));
  expect(reasonOf(await activate(service))).toBe("device-disabled");
  expect(service.learnt).toEqual([]);
});
