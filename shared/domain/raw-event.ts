/**
 * What a command did, as the engine has it: digests and addresses are words of its memory, of which no text was made. An event is its
 * reader's only until the next one is read.
 */
import type { EngineEvent, OrderDone, Trade } from './event.ts';
import type { OrderProgress } from './order.ts';
import type { EngineRefusal } from './refusal.ts';

/** Where in `words` the 8 of a digest begin, and the 5 of an address: the first digits are in the high bits. */
type DigestPlace = number;
type AddressPlace = number;

export type RawTrade = Omit<Trade, 'type' | 'makerDigest' | 'takerDigest'> & {
  type: 'raw_trade';
  words: Int32Array;
  makerDigestAt: DigestPlace;
  takerDigestAt: DigestPlace;
  /** The accounts once more, as words. */
  addresses: Int32Array;
  makerAccountAt: AddressPlace;
  takerAccountAt: AddressPlace;
  /** Whether the order of the newest placement took, or made. */
  isOwn: 'taker' | 'maker' | undefined;
};

export type RawDone = Omit<OrderDone, 'type' | 'digest' | 'clientOrderId'> & {
  type: 'raw_done';
  words: Int32Array;
  digestAt: DigestPlace;
  /** The account once more, as words. */
  addresses: Int32Array;
  accountAt: AddressPlace;
  clientOrderId: string | undefined;
};

export type RawAnswer =
  | { type: 'raw_accepted'; sequence: number }
  | { type: 'raw_refused'; sequence: number; code: EngineRefusal };

/** Whatever else happens is rare, and told as it is. */
export type RawEvent = RawAnswer | RawTrade | RawDone | EngineEvent;

/** How far the order of the newest placement has come: what its owner does not know already. */
export type RawProgress = Pick<
  OrderProgress,
  | 'limitTicks'
  | 'triggerTicks'
  | 'sizeLots'
  | 'displayLots'
  | 'spendUnits'
  | 'filledLots'
  | 'filledQuoteUnits'
  | 'feeUnits'
> & { status: 'untriggered' | 'open' | OrderDone['reason'] };
