/** What numbers stand for in a snapshot's records, for their writer and their reader. */
import type { OrderPlace, SnapshotRecord } from './engine/snapshot-record.ts';
import type { LateRecord } from './late-memory.ts';

export type StoredRecord = SnapshotRecord | LateRecord;

// On disk: lists grow at their ends only.
export const sides = ['buy', 'sell'] as const;
export const types = [
  'limit',
  'market',
  'stop',
  'stop_limit',
  'take_profit',
  'take_profit_limit',
] as const;
export const times = ['gtc', 'gtd', 'ioc', 'fok'] as const;
export const modes = ['expire_taker', 'expire_maker', 'expire_both', 'decrement'] as const;
export const places: readonly OrderPlace[] = ['book', 'untriggered', 'triggered', 'incoming'];
export const reasons = ['filled', 'cancelled', 'expired', 'self_trade', 'halted'] as const;

/** The word: bits 0 to 14 the numbers, `clientIdBit`, then these, and `delegationBit`. */
export const sideBit = 16;
export const typeBit = 17;
export const timeBit = 20;
export const postOnlyBit = 22;
export const modeBit = 23;
export const whereBit = 25;

export const viewOf = (bytes: Buffer): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
