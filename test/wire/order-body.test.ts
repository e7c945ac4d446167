import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeRecord, encodeFrame, genesisHash } from '#wire/journal-frame.ts';
import { commandJson, commandsRequest, type OtherRequest } from '#wire/matcher-api.ts';
import {
  amendBody,
  batchBody,
  cancelAllAfterBody,
  cancelBody,
  orderJson,
  placeBody,
  sessionAmendBody,
} from '#wire/order-body.ts';
import { anySignedOrder } from './journal-arbitraries.ts';

const order = {
  account: `0x${'a1'.repeat(20)}`,
  signer: `0x${'a1'.repeat(20)}`,
  baseAsset: '0xaa',
  quoteAsset: '0xbb',
  side: 0,
  cap: 0,
  baseAmount: '1000000000000000000',
  quoteAmount: '1850250000',
  maxFeeBps: 20,
  createdAtMs: 1_790_000_000_000,
  expiresAtMs: 1_790_000_100_000,
  epoch: '0',
  salt: '7',
  terms: 'ETH-USDC limit gtc',
};
const body = { order, signature: `0x${'1b'.repeat(65)}` };

/** The fields that a body is refused for. */
function refusedFields(schema: { safeParse(value: unknown): unknown }, value: unknown): string[] {
  const result = schema.safeParse(value) as {
    success: boolean;
    error?: { issues: { path: (string | number)[]; keys?: string[] }[] };
  };
  return (result.error?.issues ?? []).flatMap((issue) =>
    [issue.path.join('.'), ...(issue.keys ?? [])].filter((name) => name !== ''),
  );
}

test('a body is read into what was signed', () => {
  const { data } = placeBody.safeParse(body);
  expect(data?.order).toMatchObject({ baseAmount: 10n ** 18n, salt: 7n, side: 0 });
});

test('addresses and assets come in any case and become one', () => {
  const mixed = {
    ...order,
    account: `0x${'A1'.repeat(20)}`,
    baseAsset: '0x00AA',
    quoteAsset: '187',
  };
  expect(placeBody.parse({ ...body, order: mixed }).order).toMatchObject({
    account: order.account,
    baseAsset: '0xaa',
    quoteAsset: '0xbb',
  });
});

test('every signed order survives being written as JSON and read', () => {
  fc.assert(
    fc.property(anySignedOrder, (signed) => {
      fc.pre(signed.terms.length > 0 && signed.terms.length <= 300);
      const json = JSON.parse(JSON.stringify({ ...body, order: orderJson(signed) }));
      expect(placeBody.parse(json).order).toEqual(signed);
    }),
  );
});

describe('an order is refused for', () => {
  test.each<[string, string, unknown]>([
    ['a negative amount', 'baseAmount', '-1'],
    ['an exponent', 'baseAmount', '1e18'],
    ['a fraction', 'quoteAmount', '1.5'],
    ['a number where text is due', 'quoteAmount', 1_850],
    ['a leading zero', 'salt', '07'],
    ['hex where decimal is due', 'salt', '0x7'],
    ['spaces', 'baseAmount', ' 1'],
    ['no digits', 'baseAmount', ''],
    ['2^128', 'baseAmount', (1n << 128n).toString()],
    ['2^64', 'salt', (1n << 64n).toString()],
    ['a thousand digits', 'baseAmount', '9'.repeat(1_000)],
    ['an asset of 2^256', 'baseAsset', (1n << 256n).toString()],
    ['a short address', 'account', '0xa1'],
    ['a third side', 'side', 2],
    ['a side as text', 'side', '0'],
    ['a negative fee', 'maxFeeBps', -1],
    ['a fee above 100 %', 'maxFeeBps', 10_001],
    ['a fee of half a point', 'maxFeeBps', 0.5],
    ['a time as text', 'createdAtMs', '1790000000000'],
    ['a negative time', 'createdAtMs', -1],
    ['a time beyond the year 9999', 'expiresAtMs', Number.MAX_SAFE_INTEGER],
    ['no number', 'expiresAtMs', null],
    ['empty terms', 'terms', ''],
    ['endless terms', 'terms', 'x'.repeat(301)],
  ])('%s', (_, field, value) => {
    expect(refusedFields(placeBody, { ...body, order: { ...order, [field]: value } })).toEqual([
      `order.${field}`,
    ]);
  });

  test.each(Object.keys(order))('a missing %s', (field) => {
    const { [field]: _, ...rest } = order as Record<string, unknown>;
    expect(refusedFields(placeBody, { ...body, order: rest })).toEqual([`order.${field}`]);
  });

  test('an unknown field, at any depth', () => {
    expect(refusedFields(placeBody, { ...body, price: '1' })).toEqual(['price']);
    expect(refusedFields(placeBody, { ...body, order: { ...order, price: '1' } })).toEqual([
      'order',
      'price',
    ]);
  });
});

test.each(['', 'a b', 'ä', 'x'.repeat(37), 'a/b'])('%j is no clientOrderId', (clientOrderId) => {
  expect(refusedFields(placeBody, { ...body, clientOrderId })).toEqual(['clientOrderId']);
});

test.each(['0x', `0x${'1b'.repeat(64)}`, `0x${'zz'.repeat(65)}`])(
  '%j is no signature',
  (signature) => {
    expect(refusedFields(placeBody, { ...body, signature })).toEqual(['signature']);
  },
);

test('a batch holds 1 to 20 orders', () => {
  expect(refusedFields(batchBody, { orders: [] })).toEqual(['orders']);
  expect(batchBody.safeParse({ orders: Array(20).fill(body) }).success).toBe(true);
  expect(refusedFields(batchBody, { orders: Array(21).fill(body) })).toEqual(['orders']);
});

test('a cancel names account, digest and time, and nothing else', () => {
  const cancel = {
    account: order.account,
    orderDigest: `0x${'0D'.repeat(32)}`,
    createdAtMs: order.createdAtMs,
  };
  expect(cancelBody.parse({ cancel, signature: body.signature }).cancel.orderDigest).toBe(
    `0x${'0d'.repeat(32)}`,
  );
  const unknown = { cancel: { ...cancel, market: 'ETH-USDC' }, signature: body.signature };
  expect(refusedFields(cancelBody, unknown)).toContain('market');
});

test('a command request survives the way to the matcher', () => {
  const digest = `0x${'0d'.repeat(32)}`;
  const own = { commandId: `0x${'5e'.repeat(32)}`, account: order.account };
  const commands: OtherRequest[] = [
    { type: 'cancel', ...own, digest },
    { type: 'amend', ...own, digest, newAmount: (1n << 128n) - 1n, createdAtMs: 7 },
    { type: 'cancel_all', ...own },
    { type: 'cancel_all', ...own, market: 'ETH-USDC', side: 'sell' },
    { type: 'cancel_all_after', ...own, afterMs: 0 },
  ];
  const json = JSON.parse(JSON.stringify({ commands: commands.map(commandJson) }));
  expect(commandsRequest.parse(json)).toEqual({ commands });
});

test.each<[string, object]>([
  ['an id that is not 32 bytes', { type: 'cancel', commandId: 'session-7', digest: '' }],
  ['a market that is none', { type: 'cancel_all', market: 'eth' }],
  ['a third side', { type: 'cancel_all', side: 'both' }],
  ['no delay', { type: 'cancel_all_after' }],
  ['an amount with a fraction', { type: 'amend', newAmount: '1.5' }],
])('a command request with %s is refused', (_, wrong) => {
  const digest = `0x${'0d'.repeat(32)}`;
  const request = { commandId: digest, account: order.account, ...wrong };
  expect(commandsRequest.safeParse({ commands: [request] }).success).toBe(false);
});

describe('an amend', () => {
  const amend = {
    account: order.account,
    orderDigest: `0x${'0d'.repeat(32)}`,
    newAmount: '1000',
    createdAtMs: order.createdAtMs,
  };

  test('names account, order, new amount and time, and nothing else', () => {
    const { signature } = body;
    expect(amendBody.parse({ amend, signature }).amend.newAmount).toBe(1_000n);
    const unknown = { amend: { ...amend, price: '1' }, signature };
    expect(refusedFields(amendBody, unknown)).toContain('price');
    expect(sessionAmendBody.parse({ newAmount: '1000' })).toEqual({ newAmount: 1_000n });
  });

  test.each(['-1', '1.5', '01', '', '1e3', (1n << 128n).toString()])(
    'to %j is refused',
    (newAmount) => {
      const wrong = { amend: { ...amend, newAmount }, signature: body.signature };
      expect(refusedFields(amendBody, wrong)).toEqual(['amend.newAmount']);
      expect(refusedFields(sessionAmendBody, { newAmount })).toEqual(['newAmount']);
    },
  );
});

test("a dead man's switch waits 1 s to a day, or is disarmed by 0", () => {
  for (const afterMs of [0, 1_000, 86_400_000])
    expect(cancelAllAfterBody.safeParse({ afterMs }).success).toBe(true);
  for (const afterMs of [-1, 1, 999, 1_000.5, 86_400_001, '1000', undefined])
    expect(refusedFields(cancelAllAfterBody, { afterMs })).toEqual(['afterMs']);
});

test('whatever times an order has, the journal can write it', () => {
  const latest = 253_402_300_799_999;
  const times = fc.constantFrom(0, 1, order.createdAtMs, latest);
  fc.assert(
    fc.property(times, times, (createdAtMs, expiresAtMs) => {
      const parsed = placeBody.parse({ ...body, order: { ...order, createdAtMs, expiresAtMs } });
      const command = {
        type: 'place' as const,
        commandId: `0x${'0d'.repeat(32)}`,
        nowMs: order.createdAtMs,
        account: order.account,
        marketId: 'ETH-USDC',
        side: 'buy' as const,
        orderType: 'limit' as const,
        timeInForce: 'gtc' as const,
        postOnly: false,
        selfTrade: 'expire_taker' as const,
        cap: 'base' as const,
        amounts: { limitTicks: 1, sizeLots: 1, spendUnits: 0, triggerTicks: 0, displayLots: 0 },
        maxFeeBps: 20,
        createdAtMs,
        expiresAtMs,
        signed: parsed.order,
        signature: body.signature,
      };
      const header = { groupId: 'majors', epoch: 1, frame: 1, firstSequence: 1, lastSequence: 0 };
      const of = { previousHash: genesisHash, eventHash: '0'.repeat(16) };
      const frame = { ...header, ...of, clock: 1, atMs: order.createdAtMs, rulesVersion: 2 };
      const outcomes = [{ command, events: [] }];
      const record = encodeFrame({ ...frame, outcomes });
      expect(decodeRecord(record)).toMatchObject({ kind: 'frame', outcomes });
    }),
  );
});
