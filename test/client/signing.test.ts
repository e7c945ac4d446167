import { Wallet } from 'ethers';
import fc from 'fast-check';
import { SiweMessage } from 'siwe';
import { describe, expect, test } from 'vitest';
import { signInMessage } from '#client/session.ts';
import {
  amendedAtoms,
  buildOrder,
  type OrderWish,
  signAmend,
  signCancel,
  signOrder,
} from '#client/signing.ts';
import { venueOf } from '#client/venue.ts';
import { formatDecimal } from '#domain/amount.ts';
import { formatPrice, formatSize } from '#domain/market.ts';
import { fitAmounts } from '#domain/order.ts';
import { digests, signerOf } from '#wire/eip712.ts';
import { amendBody, cancelBody, placeBody } from '#wire/order-body.ts';
import { parseTerms } from '#wire/terms.ts';
import { ethUsdc, marketsJson, signingDomain } from './listed-market.ts';

const { market, base, quote } = ethUsdc;
const wallet = new Wallet(`0x${'11'.repeat(32)}`);
const given = { account: wallet.address, createdAtMs: 1_700_000_000_000, salt: 7n };
const wish: OrderWish = { market: 'ETH-USDC', side: 'buy', price: '1850.25', size: '1.5' };

const fitted = (some: Partial<OrderWish>) => {
  const order = buildOrder({ ...wish, ...some } as OrderWish, ethUsdc, given);
  const side = order.side === 0 ? 'buy' : 'sell';
  const cap = order.cap === 0 ? 'base' : 'quote';
  const terms = parseTerms(order.terms);
  if (!terms) throw new Error(`not canonical: ${order.terms}`);
  const { orderType, trigger, display } = terms;
  const { baseAmount: baseAtoms, quoteAmount: quoteAtoms } = order;
  const signed = { side, cap, orderType, baseAtoms, quoteAtoms } as const;
  const more = { ...(trigger ? { trigger } : {}), ...(display ? { display } : {}) };
  return fitAmounts({ ...signed, ...more }, market, base, quote);
};
const whole = { triggerTicks: 0, displayLots: 0 };

describe('an order that is built and signed', () => {
  test('is, read back from its body, the very order whose digest its owner signed', async () => {
    const order = buildOrder({ ...wish, clientOrderId: 'mine-1' }, ethUsdc, given);
    const { digest, body } = await signOrder(wallet, signingDomain, order, 'mine-1');
    const received = placeBody.parse(JSON.parse(JSON.stringify(body)));

    expect(received.order).toEqual(order);
    expect(received.clientOrderId).toBe('mine-1');
    expect(digests(signingDomain).order(received.order)).toBe(digest);
    expect(signerOf(digest, received.signature)).toBe(wallet.address.toLowerCase());
  });

  test('means exactly the price and size that were wished, at every tick and lot', () => {
    const ticks = fc.integer({ min: 1, max: 10_000_000 });
    const lots = fc.integer({ min: 1, max: 1_000_000 });
    const side = fc.constantFrom('buy' as const, 'sell' as const);
    fc.assert(
      fc.property(ticks, lots, side, (limitTicks, sizeLots, onSide) => {
        const price = formatPrice(limitTicks, market, base, quote);
        const size = formatSize(sizeLots, market, base);
        const amounts = fitted({ side: onSide, price, size });
        expect(amounts).toEqual({ ...whole, limitTicks, sizeLots, spendUnits: 0 });
      }),
    );
  });

  test('spends exactly the money that was wished, at the worst price that was wished', () => {
    const ticks = fc.integer({ min: 1, max: 10_000_000 });
    const money = fc.integer({ min: 1_000_000, max: 1_000_000_000 });
    fc.assert(
      fc.property(ticks, money, (limitTicks, spendUnits) => {
        const price = formatPrice(limitTicks, market, base, quote);
        const spend = formatDecimal(spendUnits, quote.decimals);
        const spending: OrderWish = {
          market: market.id,
          side: 'buy',
          type: 'market',
          price,
          spend,
        };
        const order = buildOrder(spending, ethUsdc, given);
        const { baseAmount: baseAtoms, quoteAmount: quoteAtoms } = order;
        const signed = { side: 'buy', cap: 'quote', orderType: 'market', baseAtoms, quoteAtoms };
        expect(fitAmounts(signed as never, market, base, quote)).toEqual({
          ...whole,
          limitTicks,
          sizeLots: 0,
          spendUnits,
        });
      }),
    );
  });

  test('never has a looser price than a market order was given', () => {
    expect(fitted({ type: 'market', side: 'buy', price: '1850.259' }).limitTicks).toBe(185_025);
    expect(fitted({ type: 'market', side: 'sell', price: '1850.251' }).limitTicks).toBe(185_026);
  });
});

describe('the terms of an order', () => {
  const termsOf = (some: Partial<OrderWish>) =>
    buildOrder({ ...wish, ...some } as OrderWish, ethUsdc, given).terms;
  const old = `0x${'ab'.repeat(32)}`;
  test.each<[Partial<OrderWish>, string]>([
    [{}, 'limit gtc'],
    [{ timeInForce: 'fok' }, 'limit fok'],
    [{ type: 'market' }, 'market ioc'],
    [{ type: 'stop', trigger: '1900.00' }, 'stop ioc trigger=1900'],
    [{ type: 'take_profit_limit', trigger: '1800.5' }, 'take_profit_limit gtc trigger=1800.5'],
    [
      { timeInForce: 'gtd', display: '0.50', postOnly: true, stp: 'decrement', replaces: old },
      `limit gtd display=0.5 post_only=true stp=decrement replaces=${old}`,
    ],
    [{ stp: 'expire_taker', postOnly: false }, 'limit gtc'],
  ])('are those that %o means, in their one spelling', (some, terms) => {
    expect(termsOf(some)).toBe(`ETH-USDC ${terms}`);
  });

  test('mean exactly the trigger and the slice that were wished, at every tick and lot', () => {
    const ticks = fc.integer({ min: 1, max: 10_000_000 });
    const lots = fc.integer({ min: 1, max: 1_000_000 });
    fc.assert(
      fc.property(ticks, lots, (triggerTicks, displayLots) => {
        const trigger = formatPrice(triggerTicks, market, base, quote);
        const display = formatSize(displayLots, market, base);
        const amounts = fitted({ type: 'stop_limit', trigger, display });
        expect(amounts).toMatchObject({ triggerTicks, displayLots });
      }),
    );
  });

  test.each<[string, Partial<OrderWish>, string]>([
    ['a stop without a trigger', { type: 'stop' }, 'invalid_terms'],
    ['a limit order with a trigger', { trigger: '1' }, 'invalid_terms'],
    ['a market order that rests', { type: 'market', timeInForce: 'gtc' }, 'invalid_terms'],
    ['a post-only order that cannot rest', { timeInForce: 'ioc', postOnly: true }, 'invalid_terms'],
    ['an iceberg that cannot rest', { type: 'market', display: '1' }, 'invalid_terms'],
    ['a replaced order that is no digest', { replaces: '0x12' }, 'invalid_terms'],
    ['a trigger between ticks', { type: 'stop', trigger: '1900.001' }, 'price_off_tick'],
    ['a trigger of zero', { type: 'stop', trigger: '0' }, 'invalid_terms'],
    ['a slice between lots', { display: '0.0005' }, 'size_off_lot'],
  ])('are not built from %s', (_, some, code) => {
    expect(() => termsOf(some)).toThrow(expect.objectContaining({ code }));
  });
});

describe('what the market has no price or size for', () => {
  test.each([
    ['a price between ticks', { price: '1850.255' }, 'price_off_tick'],
    ['a price of zero', { price: '0' }, 'price_off_tick'],
    ['a negative price', { price: '-1' }, 'price_off_tick'],
    ['a price with an exponent', { price: '1e3' }, 'price_off_tick'],
    ['a size between lots', { size: '1.0005' }, 'size_off_lot'],
    ['a size of zero', { size: '0' }, 'size_off_lot'],
    ['a size and a spend', { spend: '5' }, 'invalid_request'],
  ])('is not signed: %s', (_, some, code) => {
    expect(() => buildOrder({ ...wish, ...some }, ethUsdc, given)).toThrow(
      expect.objectContaining({ code }),
    );
  });
});

describe('other signatures', () => {
  test('a cancel, read back from its body, is what its owner signed', async () => {
    const cancel = {
      account: wallet.address.toLowerCase(),
      orderDigest: `0x${'ab'.repeat(32)}`,
      createdAtMs: 5,
    };
    const received = cancelBody.parse(await signCancel(wallet, signingDomain, cancel));

    expect(received.cancel).toEqual(cancel);
    const digest = digests(signingDomain).cancel(received.cancel);
    expect(signerOf(digest, received.signature)).toBe(cancel.account);
  });

  test('an amendment, read back from its body, is what its owner signed', async () => {
    const amend = {
      account: wallet.address.toLowerCase(),
      orderDigest: `0x${'ab'.repeat(32)}`,
      newAmount: amendedAtoms({ market: market.id, size: '0.5' }, ethUsdc),
      createdAtMs: 5,
    };
    const received = amendBody.parse(await signAmend(wallet, signingDomain, amend));

    expect(received.amend).toEqual({ ...amend, newAmount: 5n * 10n ** 17n });
    const digest = digests(signingDomain).amend(received.amend);
    expect(signerOf(digest, received.signature)).toBe(amend.account);
  });

  test('an amendment names a size or an amount of money, not both and not neither', () => {
    const amended = (wished: object) => () =>
      amendedAtoms({ market: market.id, ...wished }, ethUsdc);
    expect(amended({ spend: '12.5' })()).toBe(12_500_000n);
    for (const wished of [{}, { size: '1', spend: '1' }])
      expect(amended(wished)).toThrow(expect.objectContaining({ code: 'invalid_request' }));
    expect(amended({ size: '0' })).toThrow(expect.objectContaining({ code: 'size_off_lot' }));
    expect(amended({ spend: '0' })).toThrow(expect.objectContaining({ code: 'size_off_lot' }));
  });

  test('a sign-in message is one by EIP-4361', () => {
    const text = signInMessage({
      domain: 'localhost',
      uri: 'http://127.0.0.1:8080',
      address: wallet.address.toLowerCase(),
      chainId: 31337n,
      nonce: '0123456789abcdef0123456789abcdef',
      issuedAtMs: 1_700_000_000_000,
    });
    const message = new SiweMessage(text);

    expect(message).toMatchObject({ domain: 'localhost', chainId: 31337, version: '1' });
    expect(message.address).toBe(wallet.address);
    expect(message.prepareMessage()).toBe(text);
  });

  test('the terms that the API tells are the terms that the exchange has', () => {
    const venue = venueOf(marketsJson);
    expect(venue.signingDomain).toEqual(signingDomain);
    expect(venue.markets.get('ETH-USDC')).toEqual(ethUsdc);
  });
});
