/** Stands for the SDK's `embedded:update` where it has none. */
export { update as default } from "modules/update/simulator/modules-adapter";
