import { describe, expect, test } from 'vitest';
import { noProtections } from '#domain/market.ts';
import { operatorRequest } from '#wire/operator-request.ts';

const by = { commandId: 'ops-1', by: 'arn:aws:sts::1:assumed-role/operator/ann', why: 'a drill' };
const asset = (id: string, chainAsset = id === 'ETH' ? '0xaa' : '0xbb') => ({
  ...{ id, decimals: 6, chainDecimals: 18, chainAsset },
});
const market = {
  id: 'ETH-USDC',
  groupId: 'majors',
  baseUnitsPerLot: 1,
  quoteUnitsPerTickLot: 1,
  minSizeLots: 1,
  minNotionalUnits: 1,
  makerFeeBps: -5,
  takerFeeBps: 20,
  state: 'pre_open',
};
const listing = { type: 'list_market', ...by, market, base: asset('ETH'), quote: asset('USDC') };

test('a listing is read with the protections that it leaves out', () => {
  expect(operatorRequest.parse(listing)).toEqual({
    ...listing,
    market: { ...market, ...noProtections },
  });
});

test.each([
  { type: 'set_market_state', ...by, market: 'ETH-USDC', state: 'halted' },
  { type: 'define_fee_tier', ...by, tier: 255, makerFeeBps: -10, takerFeeBps: 10 },
  { type: 'assign_fee_tier', ...by, account: `0x${'a1'.repeat(20)}`, tier: 0 },
])('$type is read as it was written', (request) => {
  expect(operatorRequest.parse(request)).toEqual(request);
});

describe('an operation is refused for', () => {
  const state = { type: 'set_market_state', ...by, market: 'ETH-USDC', state: 'halted' };
  const tier = { type: 'define_fee_tier', ...by, tier: 1, makerFeeBps: 0, takerFeeBps: 10 };
  test.each<[string, object]>([
    ['no reason', { ...state, why: '' }],
    ['an endless reason', { ...state, why: 'x'.repeat(201) }],
    ['a reason that would write to a terminal', { ...state, why: 'a\u001b[2Jb' }],
    ['a reason that turns what follows it', { ...state, why: 'a\u202eb' }],
    ['a reason of two lines', { ...state, why: 'a\u2028b' }],
    ["an id that a user's command could have", { ...state, commandId: `0x${'a'.repeat(64)}` }],
    ["an id that a matcher's own command could have", { ...state, commandId: 'return:5:1' }],
    [
      'a market of one asset',
      { ...listing, market: { ...market, id: 'ETH-ETH' }, quote: asset('ETH', '0xaa') },
    ],
    [
      'a chain asset in a spelling that orders do not have',
      { ...listing, base: asset('ETH', '0x0aa') },
    ],
    ['two assets that are one on the chain', { ...listing, quote: asset('USDC', '0xaa') }],
    ['half a character', { ...state, why: '\ud800' }],
    ['nobody who ordered it', { ...state, by: undefined }],
    ['a state that is none', { ...state, state: 'ajar' }],
    ['an unknown type', { ...state, type: 'delist' }],
    ['an unknown field', { ...state, force: true }],
    ['tier 0, which stands for the markets', { ...tier, tier: 0 }],
    ['tier 256', { ...tier, tier: 256 }],
    ["a rebate above the taker's fee", { ...tier, makerFeeBps: -11 }],
    ['assets of another market', { ...listing, base: asset('BTC') }],
    ['a tick of a third', { ...listing, market: { ...market, baseUnitsPerLot: 3 } }],
  ])('%s', (_, request) => {
    expect(operatorRequest.safeParse(request).success).toBe(false);
  });
});
