// The agent, as a module of the simulator app.
declare module "main" {}
