/** The register of assets in memory. */
import type { AssetRegister } from '#cloud/asset-register.ts';

export function memoryRegister(): AssetRegister {
  const terms = new Map<string, string>();
  return {
    async claim({ id, decimals, chainDecimals, chainAsset }) {
      const wanted = JSON.stringify({ decimals, chainDecimals, chainAsset });
      const first = terms.get(id) ?? wanted;
      terms.set(id, first);
      return first === wanted;
    },
  };
}
