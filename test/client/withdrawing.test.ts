import { Wallet } from 'ethers';
import { expect, test } from 'vitest';
import { Crossbook } from '#client/crossbook.ts';
import { digests, signerOf } from '#wire/eip712.ts';
import { withdrawBody } from '#wire/order-body.ts';
import { marketsJson, signingDomain } from './listed-market.ts';

const wallet = new Wallet(`0x${'22'.repeat(32)}`);
const nowMs = 1_700_000_000_000;

/** What the exchange is sent by a client with this wish. */
async function sent(wish: Parameters<Crossbook['withdraw']>[0]) {
  const bodies: unknown[] = [];
  const fetchFrom = async (url: unknown, init: RequestInit = {}): Promise<Response> => {
    const { pathname } = new URL(String(url));
    if (pathname === '/v1/markets') return Response.json(marketsJson);
    if (pathname === '/v1/time') return Response.json({ nowMs });
    expect([init.method, pathname]).toEqual(['POST', '/v1/account/withdrawals']);
    bodies.push(JSON.parse(String(init.body)));
    return Response.json({ stage: 'held' }, { status: 201 });
  };
  const exchange = new Crossbook({
    ...{ apiUrl: 'https://exchange.example', signer: wallet, fetch: fetchFrom as typeof fetch },
    ...{ now: () => nowMs, salt: () => 42n },
  });
  expect(await exchange.withdraw(wish)).toEqual({ stage: 'held' });
  return withdrawBody.parse(bodies[0]);
}

test('a withdrawal is sent as its owner signed it, to himself and for a day where he says nothing', async () => {
  const account = wallet.address.toLowerCase();
  const { withdraw, signature } = await sent({ asset: 'ETH', amount: '1.5' });
  expect(withdraw).toMatchObject({
    ...{ account, recipient: account, amount: 15n * 10n ** 17n, withdrawalId: 42n },
    ...{ afterBatch: 0n, deadlineMs: nowMs + 86_400_000 },
  });
  expect(signerOf(digests(signingDomain).withdraw(withdraw), signature)).toBe(account);
});

test('a withdrawal names another recipient, deadline and number where its owner does', async () => {
  const recipient = `0x${'Ab'.repeat(20)}`;
  const named = { recipient, deadlineMs: nowMs + 5, withdrawalId: 2n ** 255n };
  const { withdraw } = await sent({ asset: 'USDC', amount: '7', ...named });
  expect(withdraw).toMatchObject({ ...named, recipient: recipient.toLowerCase() });
});

test('what the exchange does not list or count is refused before anything is signed', async () => {
  await expect(sent({ asset: 'MOON', amount: '1' })).rejects.toMatchObject({
    code: 'unknown_asset',
  });
  for (const amount of ['0', '-1', '0.000000001', 'all'])
    await expect(sent({ asset: 'ETH', amount })).rejects.toMatchObject({
      code: 'amount_not_whole',
    });
});
