/** Strangers who bring a new name with all that they send: in an engine that keeps each name the heap does not grow. */

import { answer, deviceInfo, deviceService, goodWorld, SECRETS, SERVICE_URL } from "./cloud.js";
import type { Playable } from "./journeys.js";
import { World } from "./world.js";

type Enter = (played: Playable) => void;

const WARM_TURNS = 5;
const TURNS = 60;
const NAMES = 20;

/** None is met twice. */
let met = 0;
const name = () => `n${(met++).toString(36)}x`;

/** JSON of names without making properties of them: here the stranger runs in the same engine. */
function json(members: string): string {
  const others = Array.from({ length: NAMES }, () => `,${JSON.stringify(name())}:{${JSON.stringify(name())}:1}`);
  return `{${members}${others.join("")}}`;
}

function onTheWorldsTurns(enter: Enter, world: World, attack: () => void): Promise<void> {
  return new Promise((done) => {
    let turns = 0;
    enter({
      turn() {
        attack();
        world.turn();
        for (const kept of [world.notes, world.published, world.requests, world.events]) kept.length = 0;
        if (++turns === WARM_TURNS + TURNS) done();
      },
      get isSteady() {
        return turns > WARM_TURNS && turns < WARM_TURNS + TURNS;
      },
    });
  });
}

async function strangersAtThePortal(enter: Enter): Promise<void> {
  const world = new World(goodWorld());
  enter(world);
  world.boot();
  await world.untilState("portal");
  const token = /name="token" value="([0-9a-f]+)"/.exec(world.visit({}).body)![1]!;
  const type = new Map([["content-type", "application/json"]]);
  await onTheWorldsTurns(enter, world, () => {
    const form = Array.from({ length: NAMES }, () => `${name()}=x`).join("&");
    const pem = encodeURIComponent(json(`"templateName":"t","endpoint":"a.b","parameters":${json('"p":"x"')}`));
    for (const body of [form, `token=${token}&${form}`, `token=${token}&ssid=&url=&pem=${pem}`])
      if (world.visit({ method: "POST", body }).status < 400) throw new Error("it was taken");
    const strings = Array.from({ length: NAMES }, () => `,${JSON.stringify(name())}:"x"`).join("");
    for (const first of ['"token":"0"', `"token":"${token}"`])
      if (world.visit({ method: "POST", body: `{${first}${strings}}`, headers: type }).status < 400)
        throw new Error("it was taken");
  });
}

async function strangersOnTheTopics(enter: Enter): Promise<void> {
  const info = () =>
    answer(200, JSON.stringify(deviceInfo()).replace('"mqtt_config"', `${json('"a":1').slice(1, -1)},"mqtt_config"`));
  const world = new World({ ...goodWorld(), http: deviceService(info) });
  enter(world);
  world.boot();
  await world.untilState("portal");
  world.fillIn({ ssid: "Home", password: SECRETS.wifi, url: SERVICE_URL });
  await world.until(() => world.restarted);
  const next = new World(world.script, world.store);
  enter(next);
  next.boot();
  await next.untilState("online");
  const send = (payload: string) =>
    next.session?.options.onMessage({
      ...{ topic: "devices/550e/control", payload },
      ...{ retained: false, duplicate: false, packetId: undefined },
    });
  await onTheWorldsTurns(enter, next, () => {
    send(json('"cmd":"ping"'));
    send(json(`"cmd":"set","settings":${json('"dataIntervalMs":5000')}`));
    for (let count = 0; count < NAMES; count++) send(`{"cmd":${JSON.stringify(name())}}`);
    send(json('"type":"system","command":"x"'));
  });
  if (next.device.names.isSpent) throw new Error("the names are spent");
}

export const strangersJourneys = { strangersAtThePortal, strangersOnTheTopics };
