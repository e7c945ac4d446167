/** Where an order is, as the core has it (core/order-place.ts); beyond `ended` lies the reason. */
import type { DoneReason } from '#domain/order.ts';
import { doneReasons } from '../event-hash.ts';

export const orderPlace = { incoming: 1, book: 2, untriggered: 3, triggered: 4, ended: 5 } as const;

/** As it is told: until its `order_triggered` is out, an order is what it was. */
export function statusAt(place: number): 'untriggered' | 'open' | DoneReason {
  if (place >= orderPlace.ended) return doneReasons[place - orderPlace.ended] as DoneReason;
  const waits = place === orderPlace.untriggered || place === orderPlace.triggered;
  return waits ? 'untriggered' : 'open';
}
