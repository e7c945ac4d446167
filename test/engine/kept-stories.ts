/** Stories over which the two engines once differed, shrunk: told again with every run. */
import type { Place, Story } from './random-story.ts';
import { address } from './trading-floor.ts';

const alice = address('alice');
const order: { type: 'place' } & Place = {
  type: 'place',
  account: alice,
  marketId: 'ETH-USDC',
  side: 'buy',
  kind: 'gtc',
  limitTicks: 97,
  sizeLots: 2,
  spendUnits: 0,
  clientOrderId: undefined,
  signedMs: 0,
  livesMs: 1_000,
  maxFeeBps: 60,
  misfit: undefined,
  reuses: undefined,
};

export const keptStories: { of: string; story: Story }[] = [
  {
    of: 'what a placement lacks in a market that nobody listed',
    story: {
      crowds: [],
      sweeps: [],
      deeds: [{ deed: { ...order, marketId: 'DOGE-USDC' }, laterMs: 0 }],
    },
  },
  {
    of: 'a sell by money that is too large as well: its first broken rule',
    story: {
      crowds: [],
      sweeps: [],
      deeds: [{ deed: { ...order, kind: 'money_sell', misfit: 'notional_too_large' }, laterMs: 1 }],
    },
  },
  {
    of: 'a taker that meets due orders up to the events of one command',
    story: {
      crowds: [
        { account: alice, side: 'buy', orders: 396, prices: 1, livesMs: [20] },
        { account: alice, side: 'sell', orders: 995, prices: 1, livesMs: [20] },
      ],
      sweeps: [{ account: alice, kind: 'gtc', sizeLots: 300, laterMs: 40 }],
      deeds: [],
    },
  },
];
