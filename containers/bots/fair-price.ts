/** The fair prices that all makers share: one walk a market, going on from the last trade. */
import type { Crossbook } from '#client/crossbook.ts';
import type { ListedMarket } from '#wire/catalog.ts';
import { anchorOf, nextPrice } from './random-walk.ts';
import { type Random, seededRandom } from './seeded-random.ts';

/** One step a second, however often it is looked at; after a pause the walk goes on, it does not jump. */
const stepMs = 1_000;
const stepsAtOnce = 10;

export function createFairPrices(options: {
  exchange: Pick<Crossbook, 'rest'>;
  seed: string;
  now: () => number;
}): (listed: ListedMarket) => Promise<number> {
  const { exchange, seed, now } = options;
  type Walk = { price: number; anchor: number; atMs: number; random: Random };
  const walks = new Map<string, Walk>();
  return async ({ market, base }) => {
    let walk = walks.get(market.id);
    if (!walk) {
      const { last } = await exchange.rest.ticker(market.id);
      // A market that has not traded may have been listed with a price that its band counts from.
      const { referencePrice } = last ? {} : await exchange.rest.depth(market.id, { levels: 1 });
      const seen = Number(last ?? referencePrice ?? 0);
      const anchor = anchorOf(base.id, seen);
      const random = seededRandom(`${seed} walk ${market.id}`);
      walk = { price: seen || anchor, anchor, atMs: now(), random };
      walks.set(market.id, walk);
    }
    const steps = Math.floor((now() - walk.atMs) / stepMs);
    for (let step = 0; step < Math.min(steps, stepsAtOnce); step += 1)
      walk.price = nextPrice(walk.price, walk.anchor, walk.random);
    if (steps > 0) walk.atMs = now();
    return walk.price;
  };
}
