/** Stories over which the two engines once differed, shrunk: told again with every run. */
import type { Place, Story } from './random-story.ts';
import { address } from './trading-floor.ts';

const alice = address('alice');
const quiet = { terms: {}, crowds: [], sweeps: [], restores: [] };
const order: { type: 'place' } & Place = {
  type: 'place',
  account: alice,
  marketId: 'ETH-USDC',
  side: 'buy',
  kind: { orderType: 'limit', timeInForce: 'gtc' },
  fitsState: true,
  selfTrade: 'expire_taker',
  postOnly: false,
  limitTicks: 97,
  triggerTicks: 100,
  sizeLots: 2,
  displayLots: 0,
  spendUnits: 200,
  byMoney: 'never',
  clientOrderId: undefined,
  replaces: undefined,
  signedMs: 0,
  livesMs: 1_000,
  maxFeeBps: 60,
  misfit: undefined,
  reuses: undefined,
};

export const keptStories: { of: string; story: Story }[] = [
  {
    of: 'what a placement lacks in a market that nobody listed',
    story: { ...quiet, deeds: [{ deed: { ...order, marketId: 'DOGE-USDC' }, laterMs: 0 }] },
  },
  {
    of: 'a sell by money that is too large as well: its first broken rule',
    story: {
      ...quiet,
      deeds: [
        {
          deed: { ...order, side: 'sell', byMoney: 'always', misfit: 'notional_too_large' },
          laterMs: 1,
        },
      ],
    },
  },
  {
    of: 'a taker that comes when a crowd is due',
    story: {
      ...quiet,
      crowds: [
        {
          account: alice,
          side: 'buy',
          kind: 'plain',
          state: 'open',
          orders: 396,
          prices: 1,
          livesMs: [20],
        },
        {
          account: alice,
          side: 'sell',
          kind: 'plain',
          state: 'open',
          orders: 995,
          prices: 1,
          livesMs: [20],
        },
      ],
      sweeps: [
        {
          type: 'order',
          account: alice,
          kind: 'gtc',
          selfTrade: 'expire_taker',
          sizeLots: 300,
          laterMs: 40,
        },
      ],
      deeds: [],
    },
  },
];
