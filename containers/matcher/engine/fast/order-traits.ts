/** What an order is beside its numbers, in one integer: side, type, time in force, post-only and self-trade mode. */
import type {
  OrderProgress,
  OrderType,
  SelfTradePrevention,
  Side,
  TimeInForce,
} from '#domain/order.ts';
import { traitsText } from '../event-hash.ts';
import type { OrderPlace } from '../snapshot-record.ts';

type Traits = Pick<OrderProgress, 'side' | 'orderType' | 'timeInForce' | 'postOnly' | 'selfTrade'>;

const orderTypes: OrderType[] = [
  'limit',
  'market',
  'stop',
  'stop_limit',
  'take_profit',
  'take_profit_limit',
];
const timesInForce: TimeInForce[] = ['gtc', 'gtd', 'ioc', 'fok'];
const modes: SelfTradePrevention[] = ['expire_taker', 'expire_maker', 'expire_both', 'decrement'];

/** Each name's place, moved to its bits: whoever packs looks nothing up in a list. */
const bitsOf = <Name extends string>(names: readonly Name[], shift: number) =>
  Object.fromEntries(names.map((name, place) => [name, place << shift])) as Record<Name, number>;
const typeBits = bitsOf(orderTypes, 1);
const timeInForceBits = bitsOf(timesInForce, 4);
const modeBits = bitsOf(modes, 7);

// Bit 0 side, bits 1 to 3 type, bits 4 and 5 time in force, bit 6 post-only, bits 7 and 8 mode; core/order-traits.ts reads them.
const typeMask = 7;
const postOnlyBit = 1 << 6;
const count = 1 << 9;

export function packTraits(traits: Omit<Traits, 'side'>, side: Side): number {
  return (
    (side === 'sell' ? 1 : 0) |
    typeBits[traits.orderType] |
    timeInForceBits[traits.timeInForce] |
    (traits.postOnly ? postOnlyBit : 0) |
    modeBits[traits.selfTrade]
  );
}

export function unpackTraits(traits: number): Traits {
  return unpacked[traits] as Traits;
}

export function isSell(traits: number): boolean {
  return (traits & 1) !== 0;
}

const unpacked = Array.from({ length: count }, (_, traits): Traits | undefined => {
  const orderType = orderTypes[(traits >> 1) & typeMask];
  if (!orderType) return undefined;
  return {
    side: isSell(traits) ? 'sell' : 'buy',
    orderType,
    timeInForce: timesInForce[(traits >> 4) & 3] as TimeInForce,
    postOnly: (traits & postOnlyBit) !== 0,
    selfTrade: modes[traits >> 7] as SelfTradePrevention,
  };
});

/** Each name that the state hash knows an order's place and traits by; fold-order.ts of the core counts on their order. */
export const orderNames = [
  ...(['incoming', 'book', 'untriggered', 'triggered'] satisfies OrderPlace[]),
  ...['buy', 'sell'],
  ...orderTypes,
  ...timesInForce,
  ...modes,
];

/** The texts that event hashes know the traits by. */
export const traitNames = unpacked.map((traits) => traits && traitsText(traits));
