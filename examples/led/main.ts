/** A product of its own around the agent: a LED that obeys `{"cmd":"led","action":"on"}`, and a reading a minute. */

import { startAgent } from "agent/agent";
import { done, refused } from "agent/application/application";
import { setLed } from "led";

let isOn = false;

const agent = startAgent({
  read: () => ({ sensor: "led", on: isOn }),
  commands: {
    led: {
      description: "Switches the LED.",
      properties: { action: { type: "string", enum: ["on", "off"] } },
      run({ action }) {
        if (action !== "on" && action !== "off") return refused("action: on or off");
        isOn = action === "on";
        setLed(isOn);
        agent.publish("data", { sensor: "led", on: isOn });
        return done(action);
      },
    },
  },
});
