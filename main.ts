/** The firmware: the agent and nothing else. A product adds what it measures and which commands it obeys (examples/). */
import { startAgent } from "./agent/agent.js";

startAgent();
