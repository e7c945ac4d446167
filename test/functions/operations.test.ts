/** What operators order, by the function that they invoke: over real engines, without a cloud. */
import { beforeEach, describe, expect, test } from 'vitest';
import type { AssetRegister } from '#cloud/asset-register.ts';
import type { OperationsAnswer } from '#wire/operations.ts';
import type { OperatorRequest } from '#wire/operator-request.ts';
import { operate } from '../../functions/operations/operate.ts';
import { demoGroups, demoMarkets } from './demo-catalog.ts';
import { type EngineMatchers, engineMatchers } from './engine-matchers.ts';
import { memoryRegister } from './memory-register.ts';

const ordered = { by: 'alice', why: 'because' };
const account = `0x${'ab'.repeat(20)}`;
const doge = { id: 'DOGE', decimals: 4, chainDecimals: 8, chainAsset: '0xd0' };
let matchers: EngineMatchers;
let told: { request: OperatorRequest; answer: OperationsAnswer }[];
let register: AssetRegister;
let commands = 0;

beforeEach(() => {
  matchers = engineMatchers({ nowMs: () => 1_800_000_000_000 });
  told = [];
  register = memoryRegister();
});

const ask = (event: object) =>
  operate(event, {
    matchers: matchers.client,
    directory: matchers.directory,
    register,
    groups: demoGroups,
    told: (request, answer) => told.push({ request, answer }),
  });
const order = (of: object) => ask({ commandId: `c${++commands}`, ...ordered, ...of });
const setState = (market: string, state: string) =>
  order({ type: 'set_market_state', market, state });

function dogeListing(changes: object = {}) {
  const eth = demoMarkets.get('ETH-USDC');
  const market = { ...eth?.market, id: 'DOGE-USDC', groupId: 'alts', ...changes };
  return { type: 'list_market', market, base: doge, quote: eth?.quote };
}

describe('an order to a market', () => {
  test("goes to the market's own group only", async () => {
    const hashes = matchers.stateHashes();
    expect(await setState('SOL-USDC', 'halted')).toMatchObject({
      status: 'answered',
      groups: [{ group: 'alts', status: 'accepted' }],
    });
    expect(matchers.stateHashes()[0]).toBe(hashes[0]);
    expect((await matchers.directory.find('SOL-USDC'))?.market.state).toBe('halted');
  });

  test('that the engine refuses is answered with its code and sentence', async () => {
    await setState('ETH-USDC', 'halted');
    expect(await setState('ETH-USDC', 'open')).toMatchObject({
      groups: [{ group: 'majors', status: 'refused', code: 'state_not_reachable' }],
    });
  });

  test('that is sent twice is taken once', async () => {
    const halt = { type: 'set_market_state', market: 'ETH-USDC', state: 'halted', commandId: 'x' };
    const first = await order(halt);
    const hashes = matchers.stateHashes();
    const { groups } = (await order(halt)) as Extract<OperationsAnswer, { status: 'answered' }>;
    expect(first).toMatchObject({ groups: [{ status: 'accepted' }] });
    expect(groups).toMatchObject([{ status: 'accepted', repeated: true }]);
    expect(matchers.stateHashes()).toEqual(hashes);
  });

  test('that no leader answers says so and may be sent again', async () => {
    matchers.takeDown('majors', 'outcome_unknown');
    expect(await setState('ETH-USDC', 'halted')).toMatchObject({
      status: 'answered',
      groups: [{ group: 'majors', status: 'unanswered', code: 'outcome_unknown' }],
    });
  });

  test('that breaks the schema, or names an unknown market, reaches no matcher', async () => {
    const hashes = matchers.stateHashes();
    expect(await setState('ETH-USDC', 'asleep')).toMatchObject({ code: 'invalid_request' });
    expect(await setState('MOON-USDC', 'halted')).toMatchObject({ code: 'unknown_market' });
    expect(
      await ask({ type: 'set_market_state', market: 'ETH-USDC', state: 'halted' }),
    ).toMatchObject({ status: 'refused', code: 'invalid_request' });
    for (const nonsense of [null, 7, 'halt', [], { type: 'dance' }])
      expect(await operate(nonsense, null as never)).toMatchObject({ code: 'invalid_request' });
    expect(matchers.stateHashes()).toEqual(hashes);
  });

  test('is told to the log with who and why', async () => {
    await setState('ETH-USDC', 'cancel_only');
    expect(told).toMatchObject([{ request: ordered, answer: { status: 'answered' } }]);
  });
});

describe('a listing', () => {
  test('brings a market and an asset into its group', async () => {
    expect(await order(dogeListing({ state: 'pre_open' }))).toMatchObject({
      groups: [{ group: 'alts', status: 'accepted' }],
    });
    expect(await matchers.directory.find('DOGE-USDC')).toMatchObject({
      market: { state: 'pre_open', groupId: 'alts' },
      base: doge,
    });
  });

  test('into a group that is not deployed, or of a market of another group, is refused', async () => {
    expect(await order(dogeListing({ groupId: 'moons' }))).toMatchObject({
      code: 'invalid_request',
    });
    await order(dogeListing());
    expect(await order(dogeListing({ groupId: 'majors' }))).toMatchObject({
      code: 'invalid_request',
      details: [{ message: 'DOGE-USDC belongs to alts for ever' }],
    });
  });

  test('with other units of an asset that another group trades is refused: the ledger has one', async () => {
    const base = { ...demoMarkets.get('ETH-USDC')?.base, decimals: 6 };
    const market = { ...dogeListing().market, id: 'ETH-DOGE' };
    expect(await order({ ...dogeListing(), market, base, quote: doge })).toMatchObject({
      code: 'asset_has_other_terms',
      details: { asset: { id: 'ETH', decimals: 8 } },
    });
  });
});

describe('an asset', () => {
  test('that another group was told of a moment ago has its units everywhere, before the directory knows it', async () => {
    await register.claim({ ...doge, decimals: 8 });
    expect(await order(dogeListing())).toMatchObject({
      code: 'asset_has_other_terms',
      details: { asset: { id: 'DOGE' } },
    });
    expect(await matchers.directory.find('DOGE-USDC')).toBeUndefined();
  });

  test('is not listed a second time under another name', async () => {
    const base = { ...demoMarkets.get('ETH-USDC')?.base, id: 'DOGE' };
    expect(await order({ ...dogeListing(), base })).toMatchObject({
      code: 'asset_has_other_terms',
      details: { asset: { id: 'ETH' } },
    });
  });
});

describe('a fee tier', () => {
  test('holds in every group', async () => {
    const fees = { tier: 3, makerFeeBps: -1, takerFeeBps: 4 };
    const defined = await order({ type: 'define_fee_tier', ...fees });
    const assigned = await order({ type: 'assign_fee_tier', account, tier: 3 });
    for (const answer of [defined, assigned])
      expect(answer).toMatchObject({
        groups: [
          { group: 'majors', status: 'accepted' },
          { group: 'alts', status: 'accepted' },
        ],
      });
    for (const group of demoGroups)
      expect((await matchers.client.account(group, account)).feeTier).toBe(3);
  });

  test('that one group could not be told of says which', async () => {
    matchers.takeDown('alts', 'unavailable');
    const fees = { tier: 3, makerFeeBps: 1, takerFeeBps: 4 };
    expect(await order({ type: 'define_fee_tier', ...fees })).toMatchObject({
      groups: [
        { group: 'majors', status: 'accepted' },
        { group: 'alts', status: 'unanswered', code: 'unavailable' },
      ],
    });
  });
});

test('the markets are shown with where they stand; without it where a leader is missing', async () => {
  await setState('ETH-USDC', 'halted');
  matchers.takeDown('alts', 'unavailable');
  const answer = await ask({ type: 'show_markets' });
  expect(answer).toMatchObject({
    status: 'markets',
    groups: demoGroups,
    markets: [{ market: { id: 'ETH-USDC' }, now: { state: 'halted', untilMs: 0 } }, {}, {}],
  });
  const { markets } = answer as Extract<OperationsAnswer, { status: 'markets' }>;
  expect(markets.find(({ market }) => market.id === 'SOL-USDC')?.now).toBeUndefined();
  expect(told).toHaveLength(1);
});
