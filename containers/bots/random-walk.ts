/** A market's imagined fair price: a random walk that is drawn back to its anchor, so that demo funds last. */
import { normal, type Random } from './seeded-random.ts';

export type Walk = {
  /** Relative size of a step: 0.0004 is 4 basis points. */
  stepSize: number;
  /** How much of the distance to the anchor a step takes back. */
  pull: number;
};

export const demoWalk: Walk = { stepSize: 0.0004, pull: 0.002 };

/** The next price of a mean-reverting walk of logarithms (Ornstein and Uhlenbeck); never zero or below. */
export function nextPrice(price: number, anchor: number, random: Random, walk = demoWalk): number {
  return price * Math.exp(walk.stepSize * normal(random) + walk.pull * Math.log(anchor / price));
}

/** Prices for a first start, before anything was traded. */
const anchors: Record<string, number> = { ETH: 3_000, BTC: 60_000, SOL: 150 };
/** Of an asset that was listed later, in a market that says nothing of its price. */
const anchorOfOthers = 100;

/** What a walk is drawn back to; an unknown asset's is what its market says when the bots first see it. */
export const anchorOf = (baseAsset: string, seenPrice: number): number =>
  anchors[baseAsset] ?? (seenPrice || anchorOfOthers);
