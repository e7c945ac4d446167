/** The pool of providers that a deployment names: public URLs in a setting, or URLs that hold keys in a secret. */

import { settingNames } from '#wire/setting-names.ts';
import type { Clock } from './clock.ts';
import type { Metrics } from './metrics.ts';
import { createRpcPool, type RpcPool } from './rpc-pool.ts';
import type { RpcProviderOptions } from './rpc-provider.ts';
import { readSecret } from './secret.ts';
import { type Environment, setting } from './settings.ts';

export async function rpcPoolOf(
  environment: Environment,
  { clock, random, metrics }: { clock: Clock; random: () => number; metrics?: Metrics },
): Promise<RpcPool> {
  // The local cloud gives URLs to whoever has the setting, also where a stage keeps them secret.
  const given = environment[settingNames.rpcUrls];
  const urls = given || (await readSecret(setting(environment, 'rpcSecret')));
  return createRpcPool({
    providers: providersIn(urls),
    ...{ clock, random },
    ...(metrics ? { metrics } : {}),
    chainId: BigInt(setting(environment, 'chainId')),
  });
}

/**
 * Comma-separated URLs. What follows `#` is ours and is never sent: `https://node.example/KEY#rate=25&name=example`.
 * Without a name it is the host's: paths hold keys.
 */
export function providersIn(urls: string): RpcProviderOptions[] {
  const names = new Set<string>();
  return urls
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '')
    .map((text, at) => {
      const url = new URL(text);
      const own = new URLSearchParams(url.hash.slice(1));
      url.hash = '';
      const wanted = own.get('name') ?? url.host;
      const name = names.has(wanted) ? `${wanted}-${at + 1}` : wanted;
      names.add(name);
      const rate = Number(own.get('rate') ?? 0);
      return { name, url: url.href, ...(rate > 0 ? { ratePerSecond: rate } : {}) };
    });
}
