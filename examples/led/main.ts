/** A product of its own around the agent: a LED that obeys `{"cmd":"led","action":"on"}`, and a reading a minute. */
import { setLed } from "led";
import { startAgent } from "modules/agent/agent";
import { done, refused } from "modules/application/application";

let isOn = false;

const agent = startAgent({
  read: () => ({ sensor: "led", on: isOn }),
  commands: {
    led({ action }) {
      if (action !== "on" && action !== "off") return refused("action: on or off");
      isOn = action === "on";
      setLed(isOn);
      agent.publish("data", { sensor: "led", on: isOn });
      return done(action);
    },
  },
});
