import type { Updates } from "../../modules/update/update.js";
import type { World } from "./world.js";

/** Offers are kept, and that is all. */
export const collectOffers = ({ offers }: World): Updates => ({
  ...{ status: undefined, start() {}, asked() {}, restarting() {} },
  online: () => () => {},
  offered: (offer) => void offers.push(offer),
});
