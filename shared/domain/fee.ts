/** The fee of a trade: whole basis points of its notional, in quote units, rounded down. */

/**
 * floor(notional × bps / 10^4) without leaving safe integers: the product is split
 * at 10^4 so that no intermediate passes notional × bps / 10^4 + 10^4 × bps.
 * The floors of parts never sum to more than the floor of the whole, so a hold for the whole covers every part.
 */
export function feeUnits(notionalUnits: number, feeBps: number): number {
  // Exact for safe integers: what the quotient may be off by is less than the 1/10,000 that would change its floor.
  const whole = Math.floor(notionalUnits / 10_000);
  return whole * feeBps + Math.floor(((notionalUnits - whole * 10_000) * feeBps) / 10_000);
}

/** A maker's fee; a rebate (negative rate) is rounded towards nothing and never exceeds the taker's fee of the same trade. */
export function makerFeeUnits(
  notionalUnits: number,
  { makerFeeBps, takerFeeUnits }: { makerFeeBps: number; takerFeeUnits: number },
): number {
  if (makerFeeBps >= 0) return feeUnits(notionalUnits, makerFeeBps);
  // Not negated: no fee is 0, and -0 would be another number to whoever compares events.
  return 0 - Math.min(feeUnits(notionalUnits, -makerFeeBps), takerFeeUnits);
}
