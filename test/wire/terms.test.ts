import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { OrderType, SelfTradePrevention, TimeInForce } from '#domain/order.ts';
import type { OrderTerms } from '#domain/raw-order.ts';
import { formatTerms, parseTerms, readTerms, termsLengthAtMost } from '#wire/terms.ts';

const digest = `0x${'0d'.repeat(32)}`;
const types: OrderType[] = [
  'limit',
  'market',
  'stop',
  'stop_limit',
  'take_profit',
  'take_profit_limit',
];
const times: TimeInForce[] = ['gtc', 'gtd', 'ioc', 'fok'];
const modes: SelfTradePrevention[] = ['expire_taker', 'expire_maker', 'expire_both', 'decrement'];

/** The table of docs/market-rules.md, written once more. */
const conditional = new Set<OrderType>(types.slice(2));
const isAllowed = ({ orderType, timeInForce, trigger, display, postOnly }: OrderTerms): boolean => {
  const rests = timeInForce === 'gtc' || timeInForce === 'gtd';
  if (['market', 'stop', 'take_profit'].includes(orderType) && rests) return false;
  if (conditional.has(orderType) !== (trigger !== undefined)) return false;
  if (display !== undefined && !rests) return false;
  return !postOnly || (orderType === 'limit' && rests);
};

const amountText = fc
  .tuple(fc.bigInt({ min: 1n, max: 10n ** 30n - 1n }), fc.integer({ min: 0, max: 18 }))
  .map(([value, decimals]) => {
    const digits = value.toString().padStart(decimals + 1, '0');
    const fraction = digits.slice(digits.length - decimals).replace(/0+$/, '');
    const whole = digits.slice(0, digits.length - decimals);
    return decimals > 0 && fraction ? `${whole}.${fraction}` : whole;
  });

const someTerms: fc.Arbitrary<OrderTerms> = fc.record(
  {
    marketId: fc.stringMatching(/^[A-Z0-9]{1,16}-[A-Z0-9]{1,16}$/),
    orderType: fc.constantFrom(...types),
    timeInForce: fc.constantFrom(...times),
    trigger: amountText,
    display: amountText,
    postOnly: fc.boolean(),
    selfTrade: fc.constantFrom(...modes),
    replaces: fc.constant(digest),
  },
  { requiredKeys: ['marketId', 'orderType', 'timeInForce', 'postOnly', 'selfTrade'] },
);

describe('terms', () => {
  test('are read as they are written where the rules allow them, and not at all elsewhere', () => {
    let allowed = 0;
    fc.assert(
      fc.property(someTerms, (terms) => {
        const read = parseTerms(formatTerms(terms));
        allowed += isAllowed(terms) ? 1 : 0;
        expect(read).toEqual(isAllowed(terms) ? terms : undefined);
      }),
      { numRuns: 2_000 },
    );
    expect(allowed).toBeGreaterThan(100);
  });

  test('every combination of type, time in force and attributes is taken or not as the rules say', () => {
    const given = [false, true];
    let allowed = 0;
    for (const orderType of types)
      for (const timeInForce of times)
        for (const hasTrigger of given)
          for (const hasDisplay of given)
            for (const postOnly of given) {
              const terms: OrderTerms = {
                marketId: 'ETH-USDC',
                orderType,
                timeInForce,
                ...(hasTrigger ? { trigger: '1850.25' } : {}),
                ...(hasDisplay ? { display: '2' } : {}),
                postOnly,
                selfTrade: 'expire_taker',
              };
              expect([terms, parseTerms(formatTerms(terms)) !== undefined]).toEqual([
                terms,
                isAllowed(terms),
              ]);
              allowed += isAllowed(terms) ? 1 : 0;
            }
    // limit: 2 × 4 + 2; market: 2; stop and take_profit: 2 each; the two limit ones: 2 × 2 + 2 each.
    expect(allowed).toBe(10 + 2 + 4 + 12);
  });

  test('show all attributes in one order', () => {
    const text = `ETH-USDC stop_limit gtc trigger=1850.25 display=2 stp=decrement replaces=${digest}`;
    expect(parseTerms(text)).toEqual({
      marketId: 'ETH-USDC',
      orderType: 'stop_limit',
      timeInForce: 'gtc',
      trigger: '1850.25',
      display: '2',
      postOnly: false,
      selfTrade: 'decrement',
      replaces: digest,
    });
  });

  test('at their longest fit the bound', () => {
    const amount = `${'9'.repeat(30)}.${'9'.repeat(18)}`;
    const longest = {
      marketId: `${'A'.repeat(16)}-${'B'.repeat(16)}`,
      orderType: 'take_profit_limit',
      timeInForce: 'gtc',
      trigger: amount,
      display: amount,
      postOnly: false,
      selfTrade: 'expire_maker',
      replaces: digest,
    } as const;
    expect(parseTerms(formatTerms(longest))).toEqual(longest);
    expect(formatTerms(longest).length).toBeLessThanOrEqual(termsLengthAtMost);
  });
});

describe('of two spellings of one meaning, only one is terms:', () => {
  test.each([
    'eth-usdc limit gtc',
    'ETH-USDC limit',
    'ETH-USDC  limit gtc',
    ' ETH-USDC limit gtc',
    'ETH-USDC limit gtc ',
    'ETH-USDC limit gtc\n',
    'ETH-USDC LIMIT GTC',
    'ETHUSDC limit gtc',
    'ETH-USDC-X limit gtc',
    'ETH-USDC limit gtc\nETH-USDC market ioc',
    'ETH-USDC limit  gtc display=2',
    'ETH-USDC limit gtc  display=2',
    'ETH-USDC limit gtc display=2 ',
    'ETH-USDC limit gtc display=2.0',
    'ETH-USDC limit gtc display=02',
    'ETH-USDC limit gtc display=2.',
    'ETH-USDC limit gtc display=.2',
    'ETH-USDC limit gtc display=0',
    'ETH-USDC limit gtc display=0.0',
    'ETH-USDC limit gtc display=-2',
    'ETH-USDC limit gtc display=+2',
    'ETH-USDC limit gtc display=2e1',
    'ETH-USDC limit gtc display=',
    'ETH-USDC limit gtc display',
    'ETH-USDC limit gtc display=2 display=2',
    'ETH-USDC limit gtc post_only=false',
    'ETH-USDC limit gtc post_only=1',
    'ETH-USDC limit gtc post_only',
    'ETH-USDC limit gtc stp=expire_taker',
    'ETH-USDC limit gtc stp=none',
    'ETH-USDC limit gtc post_only=true display=2',
    'ETH-USDC limit gtc replaces=0d',
    `ETH-USDC limit gtc replaces=${digest.toUpperCase().replace('X', 'x')}`,
    `ETH-USDC limit gtc replaces=${digest}0`,
    'ETH-USDC limit gtc =2',
    'ETH-USDC limit gtc toString=2',
    'ETH-USDC toString gtc',
    'ETH-USDC limit day',
    '',
  ])('%j is none', (text) => {
    expect(parseTerms(text)).toBeUndefined();
  });

  test('no other text that is read formats to itself', () => {
    const part = fc.constantFrom(
      ...['ETH-USDC', 'limit', 'stop', 'gtc', 'ioc', 'trigger=1', 'trigger=1.0', 'display=2'],
      ...['post_only=true', 'stp=decrement', 'stp=expire_taker', ' ', ''],
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 7 }), (parts) => {
        const text = `ETH-USDC ${parts.join(' ')}`;
        const terms = parseTerms(text);
        if (terms) expect(formatTerms(terms)).toBe(text);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('what is wrong is said:', () => {
  test.each([
    ['ETH-USDC', 'not MARKET TYPE TIME_IN_FORCE [KEY=VALUE …]'],
    ['ETH-USDC iceberg gtc', 'no order type iceberg'],
    ['ETH-USDC limit day', 'no time in force day'],
    ['ETH-USDC market gtc', 'market cannot be gtc'],
    ['ETH-USDC limit gtc colour=red', 'no attribute colour=red'],
    ['ETH-USDC limit gtc trigger=5', 'limit has no trigger'],
    ['ETH-USDC stop ioc', 'stop needs a trigger'],
    ['ETH-USDC limit ioc display=5', 'ioc has no display'],
    ['ETH-USDC limit fok post_only=true', 'limit fok has no post_only'],
    ['ETH-USDC limit gtc stp=expire_taker', 'stp cannot be expire_taker'],
    [
      'ETH-USDC limit gtc stp=decrement display=5',
      'display is twice or behind its place: trigger, display, post_only, stp, replaces',
    ],
  ])('%s: %s', (text, problem) => {
    expect(readTerms(text)).toEqual({ problem });
  });
});
