/** Where funds are paid in: the chain and its contracts as users may know them. */
import { type Environment, setting } from '#cloud/settings.ts';
import { type Asset, tokenAddress } from '#domain/asset.ts';
import { chainTermsSchema } from '#wire/chain-terms.ts';
import type { ChainJson } from '#wire/rest-api.ts';
import { settingNames } from '#wire/setting-names.ts';

export type ChainPlaces = Omit<ChainJson, 'tokens'>;

export function chainPlacesOf(environment: Environment): ChainPlaces {
  const terms = chainTermsSchema.parse(JSON.parse(setting(environment, 'chainTerms')));
  const { confirmations, blockMs, exitDelaySeconds } = terms;
  // Only nodes that everybody may ask are a setting of this function; what follows # is ours.
  const [rpcUrl] = (environment[settingNames.rpcUrls] ?? '').split(/[,#]/);
  return {
    chainId: Number(setting(environment, 'chainId')),
    vault: setting(environment, 'verifyingContract').toLowerCase(),
    exchange: setting(environment, 'exchangeContract').toLowerCase(),
    ...{ confirmations, blockMs, exitDelaySeconds },
    ...(rpcUrl ? { rpcUrl } : {}),
  };
}

export const chainJson = (places: ChainPlaces, assets: readonly Asset[]): ChainJson => ({
  ...places,
  tokens: assets.map((asset) => ({
    asset: asset.id,
    token: tokenAddress(asset),
    decimals: asset.chainDecimals,
  })),
});
