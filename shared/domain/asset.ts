/** What is traded: an asset's two precisions and its identity on the chain. */
import { assert } from './assertion.ts';

/** The exchange's symbol, such as "USDC". */
export type AssetId = string;

export type Asset = {
  id: AssetId;
  /** Digits after the point on the exchange: at most 8, at most `chainDecimals`. */
  decimals: number;
  chainDecimals: number;
  /** The uint256 that signed orders name: a token's address, or ≥ 2^160 for an outcome position. Lower-case hex, no padding. */
  chainAsset: string;
};

/** Each order asks for two of them; few assets have more than 18 decimals on their chain. */
const powersOfTen = Array.from({ length: 19 }, (_, exponent) => 10n ** BigInt(exponent));

/** How many chain atoms make one exchange unit; an exact power of ten. */
export function atomsPerUnit(asset: Asset): bigint {
  const exponent = unitDigits(asset);
  return powersOfTen[exponent] ?? 10n ** BigInt(exponent);
}

/** How many digits more an amount has in chain atoms than in exchange units. */
export function unitDigits({ id, decimals, chainDecimals }: Asset): number {
  if (!(decimals <= 8 && decimals <= chainDecimals)) assert(false, `${id}: bad decimals`);
  return chainDecimals - decimals;
}

/** A token's address as nodes take it: an asset's number has no zeros in front. */
export const tokenAddress = ({ chainAsset }: Pick<Asset, 'chainAsset'>): string =>
  `0x${chainAsset.slice(2).padStart(40, '0')}`;
