import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { PlaceRequest } from '#wire/matcher-api.ts';
import { digestText, orderJson, placeBody } from '#wire/order-body.ts';
import {
  accountOf,
  digestOf,
  encodeOrderRequest,
  placeRequestOf,
  readOrderRequest,
} from '#wire/order-request.ts';
import { parseTerms } from '#wire/terms.ts';
import { anyPlaceRequest, anyPlaceRequests } from './place-requests.ts';

const plain: PlaceRequest = {
  type: 'place',
  digest: `0x${'d1'.repeat(32)}`,
  order: {
    account: `0x${'a1'.repeat(20)}`,
    signer: `0x${'b2'.repeat(20)}`,
    baseAsset: '0xe1',
    quoteAsset: '0xdc',
    side: 1,
    cap: 0,
    baseAmount: 10n ** 18n,
    quoteAmount: 1_850_250_000n,
    maxFeeBps: 20,
    createdAtMs: 1_790_000_000_000,
    expiresAtMs: 1_790_000_100_000,
    epoch: 3n,
    salt: 7n,
    terms: 'ETH-USDC limit gtc',
  },
  signature: `0x${'5a'.repeat(65)}`,
};
const byKey: PlaceRequest = {
  ...plain,
  clientOrderId: 'mine-1',
  delegation: { digest: `0x${'de'.repeat(32)}`, limitUnits: 2 ** 53 - 1 },
  delegations: [`0x${'de'.repeat(32)}`, `0x${'df'.repeat(32)}`],
};

const readBack = (body: Uint8Array) => readOrderRequest(body)?.map(placeRequestOf);

test('orders come to the matcher exactly as they were sent', () => {
  fc.assert(
    fc.property(anyPlaceRequests, (orders) => {
      expect(readBack(encodeOrderRequest(orders))).toEqual(orders);
    }),
  );
});

test('what the matcher decides by is there without reading a text anew', () => {
  const [order, again] = readOrderRequest(encodeOrderRequest([plain, byKey])) ?? [];
  expect(order).toMatchObject({
    ...{ side: 'sell', cap: 'base', maxFeeBps: 20, baseAsset: '0xe1', quoteAsset: '0xdc' },
    ...{ createdAtMs: plain.order.createdAtMs, expiresAtMs: plain.order.expiresAtMs },
    ...{ termsText: plain.order.terms, terms: parseTerms(plain.order.terms) },
    ...{ clientOrderId: undefined, delegation: undefined, delegations: undefined },
  });
  expect(order && [digestOf(order), accountOf(order)]).toEqual([plain.digest, plain.order.account]);
  expect(again?.terms).toBe(order?.terms);
  expect(again).toMatchObject({ clientOrderId: 'mine-1', delegation: byKey.delegation });
});

/** Whatever is read of a body must be what a function may send: the schemas of its own door say so. */
function expectSound(body: Uint8Array): boolean {
  const read = readBack(body);
  for (const { digest, order, signature, clientOrderId, delegation, delegations } of read ?? []) {
    const named = clientOrderId === undefined ? {} : { clientOrderId };
    const sent = { order: orderJson(order), signature, ...named };
    expect(placeBody.parse(JSON.parse(JSON.stringify(sent)))).toEqual({
      order,
      signature,
      ...named,
    });
    expect(parseTerms(order.terms)).toBeDefined();
    for (const each of [digest, ...(delegations ?? []), ...(delegation ? [delegation.digest] : [])])
      expect(digestText.parse(each)).toBe(each);
    expect(delegation ? Number.isSafeInteger(delegation.limitUnits) : true).toBe(true);
  }
  return read !== undefined;
}

test('any bytes are orders that a function may send, or none', () => {
  const bytes = fc.uint8Array({ maxLength: 600 });
  fc.assert(
    fc.property(bytes, fc.boolean(), (tail, isNewest) => {
      expectSound(isNewest ? Uint8Array.of(1, ...tail) : tail);
    }),
    { numRuns: 2_000 },
  );
});

test('odd bytes in a request make other orders that a function may send, or none', () => {
  let read = 0;
  const few = fc.array(anyPlaceRequest, { minLength: 1, maxLength: 3 });
  const odd = fc.oneof(fc.constantFrom(0, 1, 2, 20, 31, 32, 48, 0x7f, 0x80, 0xff), fc.nat(255));
  const someOdd = fc.array(odd, { maxLength: 3 });
  fc.assert(
    fc.property(few, fc.nat(), fc.nat({ max: 3 }), someOdd, (orders, place, dropped, bytes) => {
      const whole = encodeOrderRequest(orders);
      const at = place % whole.length;
      const body = [...whole.subarray(0, at), ...bytes, ...whole.subarray(at + dropped)];
      if (expectSound(Uint8Array.from(body))) read += 1;
    }),
    { numRuns: 3_000 },
  );
  expect(read).toBeGreaterThan(100);
});

test('a request that ends early or goes on is none, wherever it ends', () => {
  const whole = encodeOrderRequest([plain, byKey]);
  for (let length = 0; length < whole.length; length += 1)
    expect(readOrderRequest(whole.subarray(0, length))).toBeUndefined();
  expect(readOrderRequest(Uint8Array.of(...whole, 0))).toBeUndefined();
  expect(readOrderRequest(whole)).toHaveLength(2);
});

test('orders are read where they lie, at any place of other bytes', () => {
  const whole = encodeOrderRequest([plain, byKey]);
  const around = Buffer.concat([Buffer.alloc(7, 1), whole, Buffer.alloc(5, 1)]);
  expect(readBack(around.subarray(7, 7 + whole.length))).toEqual([plain, byKey]);
});

describe('none is read of a request', () => {
  /** One order's parts behind the fixed one, from the end of a request of it. */
  const orderBytes = 203;
  const behind = { createdAtMs: 185, expiresAtMs: 191, maxFeeBps: 197, flags: 199, base: 200 };
  const changed = (at: number, ...bytes: number[]) => {
    const body = encodeOrderRequest([plain]);
    body.set(bytes, at < 0 ? body.length + at : at);
    return body;
  };
  const inOrder = (at: number, ...bytes: number[]) => changed(at - orderBytes, ...bytes);
  const withOrder = (more: Partial<PlaceRequest['order']>) =>
    encodeOrderRequest([{ ...plain, order: { ...plain.order, ...more } }]);
  const orders = (count: number) => {
    const body = encodeOrderRequest([plain]);
    const order = body.subarray(-orderBytes);
    const head = body.subarray(0, -orderBytes - 1);
    return Uint8Array.of(...head, count, ...Array.from({ length: count }, () => [...order]).flat());
  };
  const latest = [0xe6, 0x77, 0xd2, 0x1f, 0xdb, 0xff];

  test.each<[string, Uint8Array]>([
    ['of another version', changed(0, 2)],
    ['without orders', orders(0)],
    ['of more orders than a batch holds', orders(21)],
    ['with a flag that means nothing', inOrder(behind.flags, 32)],
    ['created behind the year 9999', inOrder(behind.createdAtMs, ...latest.slice(0, 4), 0xdc, 0)],
    ['that expires behind the year 9999', inOrder(behind.expiresAtMs, 0xff, 0xff)],
    ['with a fee above the whole', inOrder(behind.maxFeeBps, 0x27, 0x11)],
    ['whose asset is terms', inOrder(behind.base, 2)],
    ['whose quote asset is terms', inOrder(behind.base + 1, 2)],
    ['whose terms are an asset', inOrder(behind.base + 2, 0)],
    ['with a text that is not there', inOrder(behind.base + 2, 3)],
    ['whose asset has a zero in front', withOrder({ baseAsset: '0x0e1' })],
    ['whose asset is too long', withOrder({ quoteAsset: `0x${'1'.repeat(65)}` })],
    ['whose asset has no digits', withOrder({ quoteAsset: '0x' })],
    ['with an asset in capitals', withOrder({ baseAsset: '0xE1' })],
    ['without terms', withOrder({ terms: '' })],
    ['with terms that are none', withOrder({ terms: 'ETH-USDC limit' })],
    ['with terms that could be shorter', withOrder({ terms: 'ETH-USDC  limit gtc' })],
    [
      'with terms behind a byte order mark',
      withOrder({ terms: '\u00ef\u00bb\u00bfETH-USDC limit gtc' }),
    ],
    ['with endless terms', withOrder({ terms: `ETH-USDC limit gtc ${'a'.repeat(60_000)}` })],
    ['without a name where it has one', encodeOrderRequest([{ ...plain, clientOrderId: '' }])],
    ['with a name too long', encodeOrderRequest([{ ...plain, clientOrderId: 'a'.repeat(37) }])],
    ['with a space in its name', encodeOrderRequest([{ ...plain, clientOrderId: 'a b' }])],
    [
      'without Delegations where a key has some',
      encodeOrderRequest([{ ...plain, delegations: [] }]),
    ],
    [
      'with more Delegations than a key may have',
      encodeOrderRequest([{ ...plain, delegations: Array(21).fill(plain.digest) }]),
    ],
    [
      'with a limit that cannot be counted',
      encodeOrderRequest([{ ...plain, delegation: { digest: plain.digest, limitUnits: 2 ** 53 } }]),
    ],
  ])('%s', (_, body) => {
    expect(readOrderRequest(body)).toBeUndefined();
  });

  test('but as many orders as a batch holds are, and the last moment there is', () => {
    expect(readOrderRequest(orders(20))).toHaveLength(20);
    const [order] = readOrderRequest(inOrder(behind.createdAtMs, ...latest)) ?? [];
    expect(order?.createdAtMs).toBe(253_402_300_799_999);
  });
});

test('what does not fit its place is not sent', () => {
  const send = (more: Partial<PlaceRequest['order']>) => () =>
    encodeOrderRequest([{ ...plain, order: { ...plain.order, ...more } }]);
  expect(send({ baseAmount: 1n << 128n })).toThrow('not 16 bytes');
  expect(send({ salt: 1n << 64n })).toThrow('not 8 bytes');
  expect(send({ maxFeeBps: 65_536 })).toThrow('more than 2 bytes');
  expect(send({ createdAtMs: 0.5 })).toThrow('not an unsigned integer');
  expect(send({ account: '0x' })).toThrow('not 20 bytes');
  expect(() => encodeOrderRequest([{ ...plain, signature: `0x${'5A'.repeat(65)}` }])).toThrow();
  expect(() => encodeOrderRequest([])).toThrow('0 orders');
});

describe('order vectors: what functions of another version send stays readable', () => {
  type Vector = { name: string; request: string; orders: PlaceRequest[] };
  const text = readFileSync(new URL('vectors/orders.json', import.meta.url), 'utf8');
  const vectors = JSON.parse(text, (_, value) =>
    typeof value === 'string' && /^\d+n$/.test(value) ? BigInt(value.slice(0, -1)) : value,
  ) as Vector[];

  test.each(vectors)('$name', ({ request, orders }) => {
    expect(readBack(Buffer.from(request, 'hex'))).toEqual(orders);
    expect(Buffer.from(encodeOrderRequest(orders)).toString('hex')).toBe(request);
  });
});
