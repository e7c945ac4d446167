/** Delegations at the door: who registers one, what a session key may do by it, and when it ends. */
import { beforeEach, describe, expect, it } from 'vitest';
import { noteCancelled, noteExited } from '#cloud/chain-account.ts';
import { createDelegationStore } from '#cloud/delegation-store.ts';
import { changeExit, type Exit, exitSeen, openExits } from '#cloud/exit-store.ts';
import { guardTasks, onceMoreMs, ordersEnder } from '#cloud/guard-tasks.ts';
import { type HttpLambda, httpHandler, refuse } from '#cloud/http-edge.ts';
import { createSigningRights } from '#cloud/signing-rights.ts';
import { transact } from '#cloud/transaction.ts';
import type { SignedOrder } from '#domain/command.ts';
import { delegationJson } from '#wire/delegation-body.ts';
import {
  amendTypes,
  cancelTypes,
  delegationTypes,
  orderTypes,
  type SignedDelegation,
  typedDomain,
} from '#wire/eip712.ts';
import { type AllowedMarket, allMarkets, marketsRootOf } from '#wire/market-tree.ts';
import type { CommandRequest } from '#wire/matcher-api.ts';
import { orderJson, signedOrder } from '#wire/order-body.ts';
import { chainKeys } from '#wire/table-keys.ts';
import { delegationRoutes } from '../../functions/delegations/delegation-routes.ts';
import { orderRoutes } from '../../functions/orders/order-routes.ts';
import { demoDigests, demoDirectory, demoDomain, demoGroups } from './demo-catalog.ts';
import { call, silentLogger } from './http-call.ts';
import { type MemoryTable, memoryTable } from './memory-table.ts';
import { aliceKey, bobKey, trader } from './trader.ts';

const dayMs = 86_400_000;
const ethUsdc: AllowedMarket = { base: '0xe1', quote: '0xd1' };
const btcUsdc: AllowedMarket = { base: '0xb1', quote: '0xd1' };

let nowMs: number;
let chain: MemoryTable;
let sent: CommandRequest[];
let orders: HttpLambda;
let delegations: HttpLambda;
const clock = { nowMs: () => nowMs, monotonicMs: () => nowMs };
const alice = trader(aliceKey, clock);
/** The session key. */
const key = trader(bobKey, clock);

beforeEach(() => {
  nowMs = 1_800_000_000_000;
  chain = memoryTable('chain');
  sent = [];
  const verifySession = async (token: string) =>
    token === 'alice' || token === 'key'
      ? { account: (token === 'alice' ? alice : key).account, expiresAtMs: 0 }
      : refuse('bad_session');
  const store = createDelegationStore(chain);
  const rights = createSigningRights({ ...chain, clock });
  const endOrders = ordersEnder(chain, clock);
  const shared = { rights, clock, digestOf: demoDigests, verifySession };
  const matchers = {
    async send(_: string, commands: CommandRequest[]) {
      sent.push(...commands);
      const results = commands.map((each) => ({
        ...{ status: 'accepted' as const, sequence: 1, fills: [] },
        commandId: each.type === 'place' ? each.digest : each.commandId,
      }));
      return { epoch: 1, results };
    },
  };
  const placing = {
    matchers,
    markets: demoDirectory,
    groups: demoGroups,
    newCommandId: () => '0x',
  };
  const logger = silentLogger;
  orders = httpHandler('orders', orderRoutes({ ...placing, ...shared }), { logger });
  delegations = httpHandler('delegations', delegationRoutes({ store, endOrders, ...shared }), {
    logger,
  });
});

/** Alice lets the key trade for 10,000 USDC a day. */
const delegation = (changes: Partial<SignedDelegation> = {}): SignedDelegation => ({
  account: alice.account,
  sessionKey: key.account,
  quoteAsset: '0xd1',
  maxNotionalPerDay: 10_000_000_000n,
  maxFeeBps: 10,
  marketsRoot: allMarkets,
  createdAtMs: nowMs,
  expiresAtMs: nowMs + dayMs,
  epoch: 0n,
  salt: 1n,
  ...changes,
});

async function bodyOf(signed: SignedDelegation, markets?: AllowedMarket[], by = alice) {
  const signature = await by.wallet.signTypedData(typedDomain(demoDomain), delegationTypes, signed);
  return { delegation: delegationJson(signed), signature, ...(markets ? { markets } : {}) };
}

const post = (body: unknown) => call(delegations, 'POST /v1/account/delegations', { body });
const registered = async (changes: Partial<SignedDelegation> = {}, markets?: AllowedMarket[]) => {
  const signed = delegation(changes);
  const answer = await post(await bodyOf(signed, markets));
  expect(answer.status).toBe(201);
  return demoDigests.delegation(signed);
};
const end = (digest: string, token = 'alice') =>
  call(delegations, 'DELETE /v1/account/delegations/{digest}', {
    path: { digest },
    headers: { authorization: `Bearer ${token}` },
  });

/** An order that the key signs for Alice. */
async function place(changes: Partial<SignedOrder> = {}) {
  const order = alice.order({ signer: key.account, ...changes });
  const signature = await key.wallet.signTypedData(typedDomain(demoDomain), orderTypes, order);
  return call(orders, 'POST /v1/orders', { body: { order: orderJson(order), signature } });
}
/** What the guard writes when Alice raises her epoch. */
const raiseEpoch = (epoch: bigint) =>
  chain.items.put('chain', { ...chainKeys.account(alice.account), epoch });

describe('a registered delegation', () => {
  it('lets its key place an order, with its limit in the units of the exchange', async () => {
    const digest = await registered({ marketsRoot: marketsRootOf([ethUsdc]) }, [ethUsdc]);
    expect((await place()).status).toBe(201);
    expect(sent[0]).toMatchObject({ delegation: { digest, limitUnits: 10_000_000_000 } });
  });

  it('gives each pair group where it may trade the same share of its limit, rounded down', async () => {
    const sol = { baseAsset: '0x501', baseAmount: 10n ** 9n, terms: 'SOL-USDC limit gtc' };
    const limitUnits = 5_000_000_000;
    await registered({ maxNotionalPerDay: 10_000_000_001n });
    expect((await place()).status).toBe(201);
    expect((await place(sol)).status).toBe(201);
    expect(sent).toMatchObject([{ delegation: { limitUnits } }, { delegation: { limitUnits } }]);
  });

  it('divides its limit among the groups of the markets that it names, and no others', async () => {
    const markets = [ethUsdc, btcUsdc];
    await registered({ marketsRoot: marketsRootOf(markets) }, markets);
    await place();
    expect(sent[0]).toMatchObject({ delegation: { limitUnits: 10_000_000_000 } });
    nowMs += 2_000;
    const withSol = [ethUsdc, { base: '0x501', quote: '0xd1' }];
    await registered({ marketsRoot: marketsRootOf(withSol), createdAtMs: nowMs }, withSol);
    await place();
    expect(sent[1]).toMatchObject({ delegation: { limitUnits: 5_000_000_000 } });
  });

  it('counts no further than the engine can', async () => {
    await registered({ maxNotionalPerDay: 2n ** 128n - 1n });
    await place();
    expect(sent[0]).toMatchObject({ delegation: { limitUnits: Number.MAX_SAFE_INTEGER } });
  });

  it('is not needed for one’s own orders, which carry none', async () => {
    const answer = await call(orders, 'POST /v1/orders', { body: await alice.signed() });
    expect(answer.status).toBe(201);
    expect(sent[0]).not.toHaveProperty('delegation');
  });

  it('is chosen among several by what it allows', async () => {
    await registered({ salt: 2n, maxFeeBps: 1 });
    const digest = await registered({ salt: 3n, createdAtMs: nowMs - 1_000 });
    expect((await place()).status).toBe(201);
    expect(sent[0]).toMatchObject({ delegation: { digest } });
  });

  it('names its markets by their tree', async () => {
    const markets = [ethUsdc, btcUsdc];
    await registered({ marketsRoot: marketsRootOf(markets) }, markets);
    expect((await place()).status).toBe(201);
    const btc = { baseAsset: '0xb1', baseAmount: 10n ** 8n, terms: 'BTC-USDC limit gtc' };
    expect((await place(btc)).status).toBe(201);
  });

  it('is shown to its owner, with what became of it', async () => {
    const digest = await registered({ marketsRoot: marketsRootOf([ethUsdc]) }, [ethUsdc]);
    await end(digest);
    const headers = { authorization: 'Bearer alice' };
    const { body } = await call(delegations, 'GET /v1/account/delegations', { headers });
    expect(body.delegations).toEqual([
      {
        ...delegationJson(delegation({ marketsRoot: marketsRootOf([ethUsdc]) })),
        ...{ digest, markets: [ethUsdc], registeredBy: 'signature' },
        ...{ registeredAtMs: nowMs, revokedAtMs: nowMs },
      },
    ]);
  });

  it('is shown page by page, each once', async () => {
    for (let salt = 1n; salt <= 5n; salt += 1n) await registered({ salt });
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const { body } = await call(delegations, 'GET /v1/account/delegations', {
        headers: { authorization: 'Bearer alice' },
        query: { limit: '2', ...(cursor ? { cursor } : {}) },
      });
      seen.push(...body.delegations.map((each: { digest: string }) => each.digest));
      cursor = body.cursor;
    } while (cursor);
    expect(new Set(seen).size).toBe(5);
    expect(seen).toHaveLength(5);
  });
});

describe('a key without leave', () => {
  const other = { baseAsset: '0x501', baseAmount: 10n ** 9n, terms: 'SOL-USDC limit gtc' };
  const refusals: [string, string, Partial<SignedDelegation>, Partial<SignedOrder>][] = [
    ['ends before the order', 'delegation_expired', { expiresAtMs: 1_800_000_000_001 }, {}],
    ['is of another quote asset', 'market_not_delegated', { quoteAsset: '0xd2' }, {}],
    ['allows less fee', 'fee_above_delegated', { maxFeeBps: 9 }, {}],
    ['names other markets', 'market_not_delegated', {}, other],
    ['speaks of both, the market comes first', 'market_not_delegated', { maxFeeBps: 9 }, other],
  ];
  it.each(refusals)('is refused where the delegation %s', async (_, code, changes, wish) => {
    const markets = changes.quoteAsset ? undefined : [ethUsdc];
    await registered(
      { ...changes, ...(markets ? { marketsRoot: marketsRootOf(markets) } : {}) },
      markets,
    );
    const { status, body } = await place(wish);
    expect([status, body.code]).toEqual([403, code]);
    expect(sent).toEqual([]);
  });

  it('is no signer at all where there is no delegation', async () => {
    expect((await place()).body.code).toBe('not_signer');
  });

  it('is no signer of another account', async () => {
    await registered();
    const mallory = trader(`0x${'c3'.repeat(32)}`, clock);
    expect((await place({ account: mallory.account })).body.code).toBe('not_signer');
  });

  it('must have signed before anything else is looked at', async () => {
    const order = alice.order({ signer: key.account });
    const signature = await alice.wallet.signTypedData(typedDomain(demoDomain), orderTypes, order);
    const body = { order: orderJson(order), signature };
    expect((await call(orders, 'POST /v1/orders', { body })).body.code).toBe('bad_signature');
  });

  it('is refused once the delegation has ended', async () => {
    await registered({ expiresAtMs: nowMs + 5_000 });
    expect((await place({ expiresAtMs: nowMs + 5_000 })).status).toBe(201);
    nowMs += 5_000;
    expect((await place({ expiresAtMs: nowMs })).body.code).toBe('delegation_expired');
  });

  it('is refused two seconds after its owner took the leave back, and for ever', async () => {
    const digest = await registered();
    expect((await place()).status).toBe(201);
    expect((await end(digest)).body.revokedAtMs).toBe(nowMs);
    nowMs += 2_000;
    expect((await place()).body.code).toBe('delegation_revoked');
    const again = await post(
      await bodyOf(delegation({ createdAtMs: nowMs - 2_000, expiresAtMs: nowMs - 2_000 + dayMs })),
    );
    expect([again.status, again.body.code]).toEqual([403, 'delegation_revoked']);
    expect((await place()).body.code).toBe('delegation_revoked');
  });
});

describe('a Cancel or an Amend', () => {
  const orderDigest = `0x${'0d'.repeat(32)}`;
  const cancelBy = async (by: typeof alice, account = alice.account) => {
    const cancel = { account, orderDigest, createdAtMs: nowMs };
    const signature = await by.wallet.signTypedData(typedDomain(demoDomain), cancelTypes, cancel);
    return call(orders, 'POST /v1/orders/cancel', { body: { cancel, signature } });
  };
  const amendBy = async (by: typeof alice) => {
    const amend = { account: alice.account, orderDigest, newAmount: 1n, createdAtMs: nowMs };
    const signature = await by.wallet.signTypedData(typedDomain(demoDomain), amendTypes, amend);
    const body = { amend: { ...amend, newAmount: '1' }, signature };
    return call(orders, 'POST /v1/orders/amend', { body });
  };

  it('by a session key says by which Delegations, those that ended left out, and is no command of its owner', async () => {
    const digest = await registered();
    await registered({ salt: 2n, expiresAtMs: nowMs + 1 });
    const revoked = await registered({ salt: 3n });
    await end(revoked);
    nowMs += 1;
    await cancelBy(alice);
    const ownersId = sent[0]?.type === 'cancel' ? sent[0].commandId : '';
    expect(sent[0]).not.toHaveProperty('delegations');
    sent = [];
    expect((await cancelBy(key)).status).toBe(200);
    expect((await amendBy(key)).status).toBe(200);
    for (const { type, ...command } of sent) {
      expect(command).toMatchObject({ account: alice.account, delegations: [digest] });
      expect(command).not.toMatchObject({ commandId: ownersId });
    }
    expect(new Set(sent.map(({ type }) => type))).toEqual(new Set(['cancel', 'amend']));
  });

  it('by a key without leave is refused, for the reason that is nearest to a yes', async () => {
    expect((await cancelBy(key)).body.code).toBe('bad_signature');
    const digest = await registered({ expiresAtMs: nowMs + 5_000, salt: 2n });
    await end(digest);
    nowMs += 2_000;
    expect((await cancelBy(key)).body.code).toBe('delegation_revoked');
    nowMs += 3_000;
    expect((await amendBy(key)).body.code).toBe('delegation_expired');
    raiseEpoch(1n);
    nowMs += 2_000;
    expect((await cancelBy(key)).body.code).toBe('epoch_too_low');
    expect((await cancelBy(alice, key.account)).body.code).toBe('bad_signature');
    expect(sent).toEqual([]);
  });
});

describe('an epoch raised on the chain', () => {
  it('refuses orders below it, one’s own too', async () => {
    raiseEpoch(2n);
    const own = await call(orders, 'POST /v1/orders', { body: await alice.signed({ epoch: 1n }) });
    expect([own.status, own.body.code]).toEqual([409, 'epoch_too_low']);
    const newer = await call(orders, 'POST /v1/orders', {
      body: await alice.signed({ epoch: 2n }),
    });
    expect(newer.status).toBe(201);
  });

  it('ends delegations below it, before anything else of them is looked at', async () => {
    await registered({ maxFeeBps: 0, epoch: 1n });
    raiseEpoch(2n);
    nowMs += 2_000;
    expect((await place({ epoch: 2n })).body.code).toBe('epoch_too_low');
    expect((await post(await bodyOf(delegation({ epoch: 1n, salt: 9n })))).body.code).toBe(
      'epoch_too_low',
    );
  });

  it('is known two seconds later at the latest', async () => {
    await registered();
    expect((await place()).status).toBe(201);
    raiseEpoch(1n);
    nowMs += 2_000;
    expect((await place()).body.code).toBe('epoch_too_low');
  });

  it('stands behind a bad signature', async () => {
    raiseEpoch(2n);
    const { order } = await alice.signed();
    const body = { order, signature: (await alice.signed()).signature };
    expect((await call(orders, 'POST /v1/orders', { body })).body.code).toBe('bad_signature');
  });
});

describe('an order that its owner cancelled on the chain', () => {
  it('is refused, whenever it comes, and no other one is', async () => {
    const body = await alice.signed();
    await noteCancelled(chain, alice.account, demoDigests.order(signedOrder.parse(body.order)));
    const refused = await call(orders, 'POST /v1/orders', { body });
    expect([refused.status, refused.body.code]).toEqual([409, 'order_cancelled']);
    const other = await call(orders, 'POST /v1/orders', { body: await alice.signed() });
    expect(other.status).toBe(201);
  });

  it('is another’s business where another one says so', async () => {
    const body = await alice.signed();
    await noteCancelled(chain, key.account, demoDigests.order(signedOrder.parse(body.order)));
    expect((await call(orders, 'POST /v1/orders', { body })).status).toBe(201);
  });
});

describe('an asset of which an open exit may take whatever there is', () => {
  const exit = {
    ...{ exitId: 1n, account: alice.account, chainAsset: ethUsdc.quote, atoms: 10n },
    ...{ requestedAtMs: 1, blockNumber: 1, blockHash: `0x${'b1'.repeat(32)}` },
  };
  const buys = async () =>
    (await call(orders, 'POST /v1/orders', { body: await alice.signed({ side: 0 }) })).body.code;

  it('is not sold, until the exit is covered or over; others are', async () => {
    await noteExited(chain, alice.account);
    await transact(chain.client, exitSeen('chain', 31_337, exit));
    expect(await buys()).toBe('funds_are_leaving');
    const sale = await call(orders, 'POST /v1/orders', { body: await alice.signed({ side: 1 }) });
    expect(sale.status).toBe(201);
    const [open] = await openExits(chain);
    await changeExit(chain, open as Exit, { isCovered: true });
    nowMs += 2_000;
    expect(await buys()).toBeUndefined();
  });
});

describe('registering', () => {
  it('the same again answers the same, and changes nothing', async () => {
    const body = await bodyOf(delegation());
    const first = await post(body);
    nowMs += 1_000;
    const second = await post(body);
    expect([first.status, second.status]).toEqual([201, 200]);
    expect(second.body).toEqual(first.body);
  });

  it('takes the owner’s signature only', async () => {
    const { status, body } = await post(await bodyOf(delegation(), undefined, key));
    expect([status, body.code]).toEqual([401, 'bad_signature']);
  });

  it('takes no signature of other content', async () => {
    const { signature } = await bodyOf(delegation());
    const wider = delegationJson(delegation({ maxNotionalPerDay: 10n ** 30n }));
    expect((await post({ delegation: wider, signature })).body.code).toBe('bad_signature');
  });

  it('takes markets only that make the signed root', async () => {
    const signed = delegation({ marketsRoot: marketsRootOf([ethUsdc]) });
    for (const markets of [[btcUsdc], [ethUsdc, btcUsdc], [], undefined]) {
      const { status, body } = await post(await bodyOf(signed, markets));
      expect([status, body.code]).toEqual([400, 'invalid_request']);
    }
    expect((await post(await bodyOf(delegation(), [ethUsdc]))).body.code).toBe('invalid_request');
  });

  it('takes nothing that has ended', async () => {
    const ended = await bodyOf(delegation({ expiresAtMs: nowMs }));
    expect((await post(ended)).body.code).toBe('delegation_expired');
  });

  it('believes the chain where the owner cannot sign, and nothing before it says so', async () => {
    const signed = delegation();
    const body = { delegation: delegationJson(signed), registered: true };
    const digest = demoDigests.delegation(signed);
    const before = await post(body);
    expect([before.status, before.body.code]).toEqual([409, 'delegation_not_registered']);
    const store = createDelegationStore(chain);
    await store.confirm({ account: key.account, digest, atMs: nowMs });
    expect((await post(body)).body.code).toBe('delegation_not_registered');
    await store.confirm({ account: alice.account, digest, atMs: nowMs });
    expect(await post(body)).toMatchObject({ status: 201, body: { registeredBy: 'chain' } });
    expect((await place()).status).toBe(201);
  });

  it('is refused where the chain revoked it before it came', async () => {
    const digest = demoDigests.delegation(delegation());
    await createDelegationStore(chain).revoke({ account: alice.account, digest, atMs: nowMs });
    expect((await post(await bodyOf(delegation()))).body.code).toBe('delegation_revoked');
  });

  it('does not heed a revocation by somebody else', async () => {
    const digest = await registered();
    await createDelegationStore(chain).revoke({ account: key.account, digest, atMs: nowMs });
    expect((await end(digest, 'key')).body.code).toBe('not_found');
    expect((await place()).status).toBe(201);
  });

  it('is bounded for each key', async () => {
    for (let salt = 1n; salt <= 20n; salt += 1n) await registered({ salt });
    const { status, body } = await post(await bodyOf(delegation({ salt: 21n })));
    expect([status, body.code]).toEqual([429, 'too_many_delegations']);
  });
});

it('what was placed by a delegation ends with it, and nobody else ends it', async () => {
  const digest = await registered();
  expect((await end(digest, 'key')).body.code).toBe('not_found');
  expect(await guardTasks(chain)).toEqual([]);
  await end(digest);
  expect(await guardTasks(chain)).toMatchObject([
    { account: alice.account, delegation: digest, dueAtMs: nowMs, againAtMs: nowMs + onceMoreMs },
  ]);
});

it('the first revocation is the one that is remembered', async () => {
  const digest = await registered();
  await end(digest);
  const firstMs = nowMs;
  nowMs += 10_000;
  expect((await end(digest)).body.revokedAtMs).toBe(firstMs);
});
