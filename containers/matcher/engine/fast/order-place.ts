/** Where an order is, as the core has it (core/order-place.ts); beyond `ended` lies the reason. */
export const orderPlace = { incoming: 1, book: 2, untriggered: 3, triggered: 4, ended: 5 } as const;
