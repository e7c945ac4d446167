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

/** How many chain atoms make one exchange unit; an exact power of ten. */
export function atomsPerUnit(asset: Asset): bigint {
  assert(asset.decimals <= 8 && asset.decimals <= asset.chainDecimals, `${asset.id}: bad decimals`);
  return 10n ** BigInt(asset.chainDecimals - asset.decimals);
}

/** A token's address as nodes take it: an asset's number has no zeros in front. */
export const tokenAddress = ({ chainAsset }: Pick<Asset, 'chainAsset'>): string =>
  `0x${chainAsset.slice(2).padStart(40, '0')}`;
