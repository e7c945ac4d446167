import { describe, expect, test } from 'vitest';
import { formatTerms, parseTerms } from '#wire/terms.ts';

const combinations = [
  ['limit', 'gtc'],
  ['limit', 'ioc'],
  ['market', 'ioc'],
] as const;

describe('terms', () => {
  test.each(combinations)('%s %s are read as they are written', (orderType, timeInForce) => {
    const terms = { marketId: 'ETH-USDC', orderType, timeInForce };
    expect(formatTerms(terms)).toBe(`ETH-USDC ${orderType} ${timeInForce}`);
    expect(parseTerms(formatTerms(terms))).toEqual(terms);
  });

  test.each([
    'ETH-USDC market gtc',
    'eth-usdc limit gtc',
    'ETH-USDC limit',
    'ETH-USDC  limit gtc',
    ' ETH-USDC limit gtc',
    'ETH-USDC limit gtc ',
    'ETH-USDC limit gtc\n',
    'ETH-USDC LIMIT GTC',
    'ETHUSDC limit gtc',
    'ETH-USDC limit fok',
    'ETH-USDC limit gtc display=2',
    'ETH-USDC-X limit gtc',
    'ETH-USDC limit gtc\nETH-USDC market ioc',
    '',
  ])('%j are not canonical', (text) => {
    expect(parseTerms(text)).toBeUndefined();
  });
});
