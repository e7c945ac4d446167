import { Wallet } from 'ethers';
import fc from 'fast-check';
import { SiweMessage } from 'siwe';
import { describe, expect, test } from 'vitest';
import { signInMessage } from '#client/session.ts';
import { buildOrder, type OrderWish, signCancel, signOrder } from '#client/signing.ts';
import { venueOf } from '#client/venue.ts';
import { formatDecimal } from '#domain/amount.ts';
import { formatPrice, formatSize } from '#domain/market.ts';
import { fitAmounts } from '#domain/order.ts';
import { digests, signerOf } from '#wire/eip712.ts';
import { cancelBody, placeBody } from '#wire/order-body.ts';
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
  const orderType = parseTerms(order.terms)?.orderType ?? 'limit';
  const { baseAmount: baseAtoms, quoteAmount: quoteAtoms } = order;
  return fitAmounts({ side, cap, orderType, baseAtoms, quoteAtoms }, market, base, quote);
};

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
        expect(amounts).toEqual({ limitTicks, sizeLots, spendUnits: 0 });
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

  test.each([
    ['a price between ticks', { price: '1850.255' }, 'price_off_tick'],
    ['a price of zero', { price: '0' }, 'price_off_tick'],
    ['a negative price', { price: '-1' }, 'price_off_tick'],
    ['a price with an exponent', { price: '1e3' }, 'price_off_tick'],
    ['a size between lots', { size: '1.0005' }, 'size_off_lot'],
    ['a size of zero', { size: '0' }, 'size_off_lot'],
    ['a size and a spend', { spend: '5' }, 'invalid_request'],
  ])('is not built from %s', (_, some, code) => {
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
