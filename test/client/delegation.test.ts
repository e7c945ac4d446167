/** A program that holds a session key only, over the whole exchange. */
import { Wallet } from 'ethers';
import { describe, expect, it } from 'vitest';
import { wholeExchange } from '../functions/whole-exchange.ts';

const owner = new Wallet(`0x${'a1'.repeat(32)}`);
const key = new Wallet(`0x${'b2'.repeat(32)}`);
const wish = { market: 'ETH-USDC', side: 'buy', price: '2000', size: '1' } as const;

function world() {
  const exchange = wholeExchange();
  const mine = exchange.client(owner);
  exchange.fund('majors', owner.address.toLowerCase(), 'USDC', 10_000_000_000);
  const ofKey = (delegatedBy: { account: string; expiresAtMs: number }) =>
    exchange.client(key, { delegatedBy });
  return { exchange, mine, ofKey };
}

describe('a session key', () => {
  it('trades for its owner within what was signed once', async () => {
    const { mine, ofKey } = world();
    const delegated = await mine.delegate({
      ...{ sessionKey: key.address, quote: 'USDC', perDay: '3000' },
      markets: ['ETH-USDC'],
    });
    const bot = ofKey(delegated);
    const placed = await bot.place(wish);
    expect(placed.order).toMatchObject({ market: 'ETH-USDC' });
    expect((await mine.openOrders()).map(({ digest }) => digest)).toEqual([placed.digest]);
    await expect(bot.place(wish)).rejects.toMatchObject({ code: 'delegation_limit_reached' });
    await expect(bot.place({ ...wish, market: 'BTC-USDC' })).rejects.toMatchObject({
      code: 'market_not_delegated',
    });
  });

  it('signs no order that outlives its leave', async () => {
    const { exchange, mine, ofKey } = world();
    const expiresAtMs = exchange.clock.nowMs() + 60_000;
    const sessionKey = key.address;
    const bot = ofKey(
      await mine.delegate({ sessionKey, quote: 'USDC', perDay: '9000', expiresAtMs }),
    );
    expect((await bot.place(wish)).order).toMatchObject({ expiresAtMs });
  });

  it('places nothing more when its owner ends it', async () => {
    const { exchange, mine, ofKey } = world();
    const sessionKey = key.address;
    const delegated = await mine.delegate({ sessionKey, quote: 'USDC', perDay: '9000' });
    await mine.endDelegation(delegated.digest);
    exchange.pass(2_000);
    await expect(ofKey(delegated).place(wish)).rejects.toMatchObject({
      code: 'delegation_revoked',
    });
    expect((await mine.delegations()).delegations).toMatchObject([{ digest: delegated.digest }]);
  });

  it('cancels, amends and replaces what it placed', async () => {
    const { mine, ofKey } = world();
    const sessionKey = key.address;
    const delegated = await mine.delegate({ sessionKey, quote: 'USDC', perDay: '9000' });
    const bot = ofKey(delegated);
    const { digest } = await bot.place(wish);
    expect(await mine.openOrders()).toMatchObject([{ digest, delegation: delegated.digest }]);
    const amended = await bot.amend(digest, { market: 'ETH-USDC', size: '0.5' });
    expect(amended.order).toMatchObject({ size: '0.5' });
    const next = await bot.replace(digest, { ...wish, price: '1999' });
    expect((await bot.cancel(next.digest)).order).toMatchObject({ status: 'cancelled' });
    expect(await mine.openOrders()).toEqual([]);
  });

  it('does nothing else: what is its owner’s is its owner’s', async () => {
    const { mine, ofKey } = world();
    const delegated = await mine.delegate({
      ...{ sessionKey: key.address, quote: 'USDC', perDay: '9000' },
    });
    const bot = ofKey(delegated);
    const { digest } = await mine.place(wish);
    const notOwner = { code: 'not_owner' };
    await expect(bot.cancel(digest)).rejects.toMatchObject(notOwner);
    await expect(bot.amend(digest, { ...wish, size: '0.5' })).rejects.toMatchObject(notOwner);
    await expect(bot.replace(digest, { ...wish, size: '0.5' })).rejects.toMatchObject(notOwner);
    await expect(bot.cancelAll()).rejects.toMatchObject({ code: 'not_signer' });
    await expect(bot.balances()).rejects.toMatchObject({ code: 'not_signer' });
    expect((await mine.cancel(digest)).status).toBe('accepted');
  });

  it('changes nothing any more once its owner ends it', async () => {
    const { exchange, mine, ofKey } = world();
    const sessionKey = key.address;
    const delegated = await mine.delegate({ sessionKey, quote: 'USDC', perDay: '9000' });
    const bot = ofKey(delegated);
    const { digest } = await bot.place(wish);
    await mine.endDelegation(delegated.digest);
    exchange.pass(2_000);
    await expect(bot.cancel(digest)).rejects.toMatchObject({ code: 'delegation_revoked' });
    expect((await mine.cancel(digest)).status).toBe('accepted');
  });
});

it('a market that does not trade for the quote asset cannot be delegated', async () => {
  const { mine } = world();
  const wanted = { sessionKey: key.address, perDay: '1' };
  await expect(
    mine.delegate({ ...wanted, quote: 'USDC', markets: ['ETH-BTC'] }),
  ).rejects.toMatchObject({ code: 'unknown_market' });
  await expect(mine.delegate({ ...wanted, quote: 'DAI' })).rejects.toMatchObject({
    code: 'unknown_asset',
  });
});
