/** Stands for the SDK's `embedded:storage/flash` where it has none. */
export { flash as default } from "modules/update/simulator/modules-adapter";
