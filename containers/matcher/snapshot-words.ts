/** The word of a snapshot's order, for its writer and its reader: what it is and where, beside the numbers that it says are there. */
import type { DoneReason, OrderProgress } from '#domain/order.ts';
import { memberAt, placeIn } from '#wire/closed-list.ts';
import type { OrderPlace, SnapshotRecord } from './engine/snapshot-record.ts';
import type { LateRecord } from './late-memory.ts';

export type StoredRecord = SnapshotRecord | LateRecord;

/** What orders have whose values are few. */
export type Traits = Pick<
  OrderProgress,
  'side' | 'orderType' | 'timeInForce' | 'postOnly' | 'selfTrade'
>;

const sides = ['buy', 'sell'] as const;
const types = [
  'limit',
  'market',
  'stop',
  'stop_limit',
  'take_profit',
  'take_profit_limit',
] as const;
const times = ['gtc', 'gtd', 'ioc', 'fok'] as const;
const modes = ['expire_taker', 'expire_maker', 'expire_both', 'decrement'] as const;
const places: readonly OrderPlace[] = ['book', 'untriggered', 'triggered', 'incoming'];
const reasons: readonly DoneReason[] = ['filled', 'cancelled', 'expired', 'self_trade', 'halted'];

/** Bits 0 to 14 say which numbers are there, then come `clientIdBit`, these, and `delegationBit`. */
const sideBit = 16;
const typeBit = 17;
const timeBit = 20;
const postOnlyBit = 22;
const modeBit = 23;
const whereBit = 25;

export function wordOfTraits(traits: Traits): number {
  return (
    (placeIn(sides, traits.side) << sideBit) |
    (placeIn(types, traits.orderType) << typeBit) |
    (placeIn(times, traits.timeInForce) << timeBit) |
    ((traits.postOnly ? 1 : 0) << postOnlyBit) |
    (placeIn(modes, traits.selfTrade) << modeBit)
  );
}

export const traitsOfWord = (word: number): Traits => ({
  side: memberAt(sides, (word >>> sideBit) & 1),
  orderType: memberAt(types, (word >>> typeBit) & 7),
  timeInForce: memberAt(times, (word >>> timeBit) & 3),
  postOnly: ((word >>> postOnlyBit) & 1) === 1,
  selfTrade: memberAt(modes, (word >>> modeBit) & 3),
});

/** Where a live order is. */
export const wordOfPlace = (place: OrderPlace): number => placeIn(places, place) << whereBit;
export const placeOfWord = (word: number): OrderPlace => memberAt(places, (word >>> whereBit) & 7);

/** In the same bits, how another ended. */
export const wordOfStatus = (status: DoneReason): number => placeIn(reasons, status) << whereBit;
export const statusOfWord = (word: number): DoneReason =>
  memberAt(reasons, (word >>> whereBit) & 7);

export const viewOf = (bytes: Buffer): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
