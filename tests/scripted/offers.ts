import type { FirmwareOffer, Updates } from "../../modules/update/update.js";

/** Offers are kept, and that is all. */
export const collectOffers = ({ offers }: { readonly offers: FirmwareOffer[] }): Updates => ({
  ...{ status: undefined, start() {}, asked() {}, takeFound: () => undefined, restarting() {} },
  online: () => () => {},
  offered: (offer) => void offers.push(offer),
});
