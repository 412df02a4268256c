// The agent, and what looks into its heap, as modules of the simulator app.
declare module "main" {}
declare module "census" {
  export function censusWhenWanted(folder: string): void;
}
