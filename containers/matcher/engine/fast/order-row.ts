/** What an order's row says in parts of words, and what few orders have (core/order-extras.ts): the others' lies at address 0, all zeros. */
import type { CoreInstance } from './core-instance.ts';
import { orderExtrasRow, orderRow } from './core-layout.ts';

export type Rows = Pick<CoreInstance, 'ints' | 'doubles'>;

const placeWord = orderRow.place;
const feesWord = orderRow.makerFeeBps;

/** Where it is; see order-place.ts. */
export const placeOf = (rows: Rows, order: number): number =>
  wordAt(rows, order + placeWord) & 0xff;

/** See order-traits.ts. */
export const traitsOf = (rows: Rows, order: number): number =>
  wordAt(rows, order + placeWord) >>> 16;

/** Of an order that is being filled in. */
export function setPlace(
  { ints }: Rows,
  order: number,
  { place, traits }: { place: number; traits: number },
): void {
  ints[(order + placeWord) >>> 2] = place | (traits << 16);
}

export function feesOf(rows: Rows, order: number): { makerFeeBps: number; takerFeeBps: number } {
  const word = wordAt(rows, order + feesWord);
  return { makerFeeBps: (word << 16) >> 16, takerFeeBps: word >> 16 };
}

export function setFees(
  { ints }: Rows,
  order: number,
  { makerFeeBps, takerFeeBps }: { makerFeeBps: number; takerFeeBps: number },
): void {
  ints[(order + feesWord) >>> 2] = (makerFeeBps & 0xffff) | (takerFeeBps << 16);
}

/** The row of what few orders have. */
export const extrasOf = (rows: Rows, order: number): number =>
  wordAt(rows, order + orderRow.extras);

export const clientOf = (rows: Rows, order: number): number =>
  wordAt(rows, extrasOf(rows, order) + orderExtrasRow.client);

/** By whose leave a session key signed it; nobody where it ended. */
export const delegationOf = (rows: Rows, order: number): number =>
  wordAt(rows, extrasOf(rows, order) + orderExtrasRow.delegation);

/** Numbers that most orders have none of. */
export type ExtraAmounts = { triggerTicks: number; displayLots: number; spendUnits: number };

export function extraAmountsOf(rows: Rows, order: number): ExtraAmounts {
  const extras = extrasOf(rows, order);
  return {
    triggerTicks: wordAt(rows, extras + orderExtrasRow.triggerTicks),
    displayLots: rows.doubles[(extras + orderExtrasRow.displayLots) >>> 3] as number,
    spendUnits: rows.doubles[(extras + orderExtrasRow.spendUnits) >>> 3] as number,
  };
}

const wordAt = ({ ints }: Rows, at: number): number => ints[at >>> 2] as number;
