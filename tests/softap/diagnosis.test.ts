/** What a trial says where the service failed: its own word on its health counts. */
import { expect, test } from "vitest";
import { type Failure, failed, success } from "../../modules/base/failure.js";
import { Secret } from "../../modules/base/secret.js";
import type { Configuration } from "../../provisioning/configuration.js";
import type { Service } from "../../provisioning/service.js";
import { Trial } from "../../softap/trial.js";
import { goodWorld, SECRETS, SERVICE_URL } from "../scripted/cloud.js";
import { play } from "../scripted/play.js";
import { World } from "../scripted/world.js";
import "../lifecycle/support.js";

let giveUp: () => void;

/** The trial's end with this service, and what the service was asked about. */
async function tryWith(service: Partial<Service>) {
  const asked: Failure[] = [];
  let end: Failure | undefined | "none" = "none";
  await play(async (enter) => {
    const world = new World(goodWorld());
    enter(world);
    const network = { ssid: "Home", password: new Secret(SECRETS.wifi), hidden: false, preferred: false };
    const whole: Partial<Service> = {
      tryBroker: async () => success(undefined),
      ...service,
      async diagnose(failure) {
        asked.push(failure);
        return service.diagnose ? service.diagnose(failure) : failure;
      },
    };
    const trial: Trial = new Trial(
      { io: world.device, quotes: () => true, serviceAt: () => whole as Service },
      { candidate: { network, url: SERVICE_URL, protocol: "automatic" }, handed: {} },
      {
        onStep() {},
        onActivation() {},
        onEnd(failure) {
          end = failure;
        },
        onReleased() {},
      },
    );
    giveUp = () => trial.giveUp();
    await trial.run();
  });
  return { end, asked: asked.map(({ reason }) => reason) };
}

test("a service that is down is not taken for one that does not know the device, nor the other way round", async () => {
  const down = { reason: "service-down" } as const;
  expect(await tryWith({ query: async () => failed("timeout"), diagnose: async () => down })).toEqual({
    end: down,
    asked: ["timeout"],
  });
  const unknown = { reason: "not-registered", detail: "AA:BB:CC:DD:EE:FF" } as const;
  expect(await tryWith({ query: async () => failed("unexpected-status"), diagnose: async () => unknown })).toEqual({
    end: unknown,
    asked: ["unexpected-status"],
  });
});

test("what works is not asked about", async () => {
  const configuration = {} as Configuration;
  const query = async () => success({ kind: "configuration" as const, configuration });
  expect(await tryWith({ query })).toEqual({ end: undefined, asked: [] });
});

test("nothing is asked when nobody waits any more", async () => {
  const query = async () => {
    giveUp();
    return failed("timeout");
  };
  expect(await tryWith({ query })).toEqual({ end: "none", asked: [] });
});
