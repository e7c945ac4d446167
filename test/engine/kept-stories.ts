/** Stories over which the two engines once differed, shrunk: told again with every run. */
import type { Crowd, Place, Story, Sweep } from './random-story.ts';
import { address } from './trading-floor.ts';

const [alice, bob, cat] = [address('alice'), address('bob'), address('cat')];
const quiet: Omit<Story, 'deeds'> = {
  scale: 'near',
  terms: {},
  opening: [],
  crowds: [],
  sweeps: [],
  restores: [],
};
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
  delegation: undefined,
  reuses: undefined,
};

const crowd: Crowd = {
  account: alice,
  side: 'sell',
  kind: 'plain',
  state: 'open',
  orders: 500,
  prices: 2,
  livesMs: [60_000],
  delegation: undefined,
};
const sweep: Extract<Sweep, { type: 'order' }> = {
  type: 'order',
  account: cat,
  kind: 'ioc',
  selfTrade: 'expire_taker',
  sizeLots: 2_000,
  laterMs: 0,
};

/** So many orders that one command does not get through: each kind of work stops at its bound and goes on. */
export const boundStories: { of: string; comesTo: string[]; story: Story }[] = [
  {
    of: 'a sweep through more orders than one command has events for',
    comesTo: ['continue of place'],
    story: { ...quiet, restores: [1], crowds: [crowd], sweeps: [sweep], deeds: [] },
  },
  {
    of: 'an uncross, and stops that it sets off',
    comesTo: ['continue of set_market_state', 'an uncross trades'],
    story: {
      ...quiet,
      terms: { auctionMs: 30 },
      restores: [1, 2, 3, 4],
      crowds: [
        { ...crowd, side: 'buy', kind: 'stop' },
        { ...crowd, account: bob, side: 'buy', state: 'auction' },
        { ...crowd, account: cat, kind: 'iceberg', state: 'auction' },
      ],
      sweeps: [{ type: 'state', state: 'open' }],
      deeds: [],
    },
  },
  {
    of: 'a cascade of stops through the other side',
    comesTo: ['continue of place', 'one command sets off several'],
    story: {
      ...quiet,
      restores: [2, 3],
      crowds: [
        { ...crowd, side: 'buy', kind: 'stop', prices: 1 },
        { ...crowd, account: bob, kind: 'iceberg' },
      ],
      sweeps: [{ ...sweep, sizeLots: 300 }],
      deeds: [],
    },
  },
  {
    of: 'a cascade that a halt holds back until the auction is over',
    comesTo: ['state halted by volatility', 'one command sets off several'],
    story: {
      ...quiet,
      terms: { haltBps: 100, haltMs: 5, auctionMs: 5, referenceTicks: 100 },
      restores: [3],
      crowds: [
        { ...crowd, side: 'buy', kind: 'stop' },
        { ...crowd, account: bob, prices: 4 },
      ],
      sweeps: [
        { ...sweep, sizeLots: 300 },
        { type: 'wait', laterMs: 5 },
        { type: 'wait', laterMs: 5 },
      ],
      deeds: [],
    },
  },
  {
    of: 'the end of a market',
    comesTo: ['continue of set_market_state', 'state closed by operator'],
    story: {
      ...quiet,
      restores: [3],
      crowds: [
        { ...crowd, orders: 600 },
        { ...crowd, account: bob, side: 'buy', kind: 'stop', orders: 600 },
      ],
      sweeps: [{ type: 'state', state: 'closed' }],
      deeds: [],
    },
  },
  ...(['cancel_all', 'switch'] as const).map((type) => ({
    of: `all orders of an account, by ${type}`,
    comesTo: ['command continue', 'refusal too_many_open_orders', 'end cancelled'],
    story: {
      ...quiet,
      restores: [1],
      crowds: [{ ...crowd, orders: 1_001 }],
      sweeps: [{ type, account: alice }],
      deeds: [],
    },
  })),
  {
    of: 'an order that meets a thousand of its own as it enters an auction',
    comesTo: ['continue of place', 'expire_maker meets its own in an auction'],
    story: {
      ...quiet,
      terms: { haltBps: 100, bandBps: 300, referenceTicks: 100 },
      restores: [1],
      crowds: [{ ...crowd, state: 'auction', orders: 999 }],
      sweeps: [{ ...sweep, account: alice, kind: 'gtc', selfTrade: 'expire_maker' }],
      deeds: [],
    },
  },
];

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
          delegation: undefined,
        },
        {
          account: alice,
          side: 'sell',
          kind: 'plain',
          state: 'open',
          orders: 995,
          prices: 1,
          livesMs: [20],
          delegation: undefined,
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
  {
    of: 'a fok order over the level of the order that it replaces, which is outside the halt range',
    story: {
      ...quiet,
      terms: { haltBps: 200, referenceTicks: 100 },
      deeds: [
        { deed: { ...order, account: bob, side: 'sell' }, laterMs: 0 },
        { deed: { ...order, side: 'sell', limitTicks: 98 }, laterMs: 0 },
        {
          deed: {
            ...order,
            kind: { orderType: 'limit', timeInForce: 'fok' },
            limitTicks: 98,
            replaces: { nth: 1, isOwn: true },
          },
          laterMs: 0,
        },
      ],
    },
  },
];
