/** Which decision answers which route of `markets`. */
import { type ApiAnswer, type ApiRequest, ok, refuse } from '#cloud/http-edge.ts';
import type { DirectoryEntry, MarketDirectory } from '#cloud/market-directory.ts';
import type { MatcherClient } from '#cloud/matcher-client.ts';
import type { SigningDomain } from '#wire/eip712.ts';
import { marketListMaxAgeSeconds, type TimeJson } from '#wire/rest-api.ts';
import { type ChainPlaces, chainJson } from './chain-terms.ts';
import { checkHealth } from './check-health.ts';
import { type DataPorts, listCandles, listTrades, showDepth, showTicker } from './market-data.ts';
import { marketJson, marketsJson } from './market-terms.ts';

export type MarketPorts = DataPorts & {
  matchers: Pick<MatcherClient, 'depth' | 'health'>;
  directory: MarketDirectory;
  groups: readonly string[];
  signingDomain: SigningDomain;
  chain: ChainPlaces;
};

export function marketRoutes(ports: MarketPorts) {
  const { directory, groups, matchers, clock, signingDomain } = ports;
  const forSeconds = { 'cache-control': `public, max-age=${marketListMaxAgeSeconds}` };

  /** Opens a route to the market that its path names. */
  const ofMarket =
    (
      route: (request: ApiRequest, listed: DirectoryEntry, ports: DataPorts) => Promise<ApiAnswer>,
    ) =>
    async (request: ApiRequest): Promise<ApiAnswer> => {
      const listed = await directory.find(request.path['market'] ?? '');
      return listed ? route(request, listed, ports) : refuse('unknown_market');
    };

  return {
    'GET /v1/health': () => checkHealth(groups, matchers),
    'GET /v1/time': async () => ok({ nowMs: clock.nowMs() } satisfies TimeJson),
    'GET /v1/chain': async () => ok(chainJson(ports.chain, await directory.assets()), forSeconds),
    'GET /v1/markets': async () => {
      const [markets, assets] = await Promise.all([directory.listed(), directory.assets()]);
      return ok(marketsJson([...markets.values()], assets, signingDomain), forSeconds);
    },
    'GET /v1/markets/{market}': ofMarket(async (_, listed) => ok(marketJson(listed), forSeconds)),
    'GET /v1/markets/{market}/depth': ofMarket(showDepth),
    'GET /v1/markets/{market}/trades': ofMarket(listTrades),
    'GET /v1/markets/{market}/candles': ofMarket(listCandles),
    'GET /v1/markets/{market}/ticker': ofMarket(showTicker),
  };
}
