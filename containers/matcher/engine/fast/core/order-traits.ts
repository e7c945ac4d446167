/** What an order is beside its numbers, in one integer; ../order-traits.ts packs it. Bit 0 side, 1 to 3 type, 4 and 5 time in force, 6 post-only, 7 and 8 self-trade mode. */

export function isSell(traits: i32): bool {
  return (traits & 1) !== 0;
}

/** `market`, `stop` and `take_profit`: bounded by a worst price, and never resting. */
export function isMarketLike(traits: i32): bool {
  // Types 1, 2 and 4.
  return ((0b10110 >> ((traits >> 1) & 7)) & 1) !== 0;
}

/** Hidden until the last trade price reaches a trigger. */
export function isConditional(traits: i32): bool {
  return (traits & 0b1100) !== 0;
}

export function isPlainLimit(traits: i32): bool {
  return (traits & 0b1110) === 0;
}

/** A stop to buy and a take-profit to sell wait for a rise; the others for a fall. */
export function waitsForRise(traits: i32): bool {
  const isStop = ((traits >> 1) & 7) < 4;
  return isStop !== isSell(traits);
}

/** gtc and gtd, the first two: what is left may stay. */
export function isLasting(traits: i32): bool {
  return (traits & 32) === 0;
}

/** The last of four. */
export function isFillOrKill(traits: i32): bool {
  return (traits & 48) === 48;
}

export function isPostOnly(traits: i32): bool {
  return (traits & 64) !== 0;
}

/** Conditional, post-only or fill-or-kill: the book is asked before it enters. Most are not, and one question tells. */
export function asksBook(traits: i32): bool {
  return ((traits & 0b100_1100) | (traits & (traits >> 1) & 16)) !== 0;
}

/** 0 expire_taker, 1 expire_maker, 2 expire_both, 3 decrement. */
export function selfTradeMode(traits: i32): i32 {
  return (traits >> 7) & 3;
}
