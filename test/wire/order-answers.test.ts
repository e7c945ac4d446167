import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RawProgress, RawTrade } from '#domain/raw-event.ts';
import { doorRefusals, engineRefusals } from '#domain/refusal.ts';
import type {
  CommandResult,
  CommandsResponse,
  FillView,
  OrderView,
  PlaceRequest,
} from '#wire/matcher-api.ts';
import { OrderAnswers, readOrderAnswers } from '#wire/order-answers.ts';
import { encodeOrderRequest, readOrderRequest } from '#wire/order-request.ts';
import { parseTerms } from '#wire/terms.ts';
import { anyPlaceRequest } from './place-requests.ts';

const uint = fc.maxSafeNat();
const int = fc.maxSafeInteger();
const anyProgress: fc.Arbitrary<RawProgress> = fc.record({
  ...{ limitTicks: uint, triggerTicks: uint, sizeLots: uint, displayLots: uint },
  ...{ spendUnits: uint, filledLots: uint, filledQuoteUnits: uint, feeUnits: int },
  status: fc.constantFrom(
    ...(['untriggered', 'open', 'filled', 'cancelled', 'expired', 'self_trade', 'halted'] as const),
  ),
});
const anyFill = fc.record({
  role: fc.constantFrom('taker' as const, 'maker' as const),
  ...{ sequence: uint, atMs: uint, priceTicks: uint, sizeLots: uint, quoteUnits: uint },
  feeUnits: int,
});
type Fill = typeof anyFill extends fc.Arbitrary<infer T> ? T : never;

const termsOf = ({ order }: PlaceRequest) => {
  const terms = parseTerms(order.terms);
  if (!terms) throw new Error('an order without terms');
  return terms;
};

/** The order as the engine shows it to everybody. */
function seen(request: PlaceRequest, { status, ...progress }: RawProgress): OrderView {
  const { digest, order, clientOrderId, delegation } = request;
  const { marketId, orderType, timeInForce, postOnly, selfTrade } = termsOf(request);
  const isLive = status === 'open' || status === 'untriggered';
  return {
    ...{ digest, account: order.account, side: order.side === 0 ? 'buy' : 'sell', status },
    ...{ marketId, orderType, timeInForce, postOnly, selfTrade, ...progress },
    ...{ createdAtMs: order.createdAtMs, expiresAtMs: order.expiresAtMs },
    ...(clientOrderId === undefined ? {} : { clientOrderId }),
    ...(isLive && delegation ? { delegation: delegation.digest } : {}),
  };
}

const fillOf = (request: PlaceRequest, fill: Fill): FillView => ({
  ...{ digest: request.digest, side: request.order.side === 0 ? 'buy' : 'sell' },
  ...{ marketId: termsOf(request).marketId, ...fill },
});

const repeated = fc.constantFrom({}, { repeated: true as const });

const resultTo = (request: PlaceRequest): fc.Arbitrary<CommandResult> => {
  const about = { commandId: request.digest };
  return fc.oneof(
    fc
      .tuple(fc.constantFrom(...engineRefusals, ...doorRefusals), repeated)
      .map(([code, again]) => ({ status: 'refused' as const, ...about, code, ...again })),
    fc
      .tuple(uint, fc.option(anyProgress), fc.array(anyFill, { maxLength: 5 }), repeated)
      .map(([sequence, progress, fills, again]) => ({
        ...{ status: 'accepted' as const, ...about, sequence },
        ...(progress ? { order: seen(request, progress) } : {}),
        fills: fills.map((fill) => fillOf(request, fill)),
        ...again,
      })),
  );
};

/** Requests with their results, and an order in which they are settled. */
const settled = fc
  .array(
    anyPlaceRequest.chain((request) => resultTo(request).map((result) => ({ request, result }))),
    { minLength: 1, maxLength: 20 },
  )
  .chain((pairs) =>
    fc
      .shuffledSubarray([...pairs.keys()], { minLength: pairs.length })
      .map((turns) => ({ pairs, turns })),
  );

/** A trade of the engine in which the order took, or made. */
const tradeOf = ({ role, feeUnits, ...rest }: Fill): RawTrade => {
  const words = new Int32Array(8);
  const other = -1 - feeUnits;
  return {
    ...{ type: 'raw_trade', ...rest, isOwn: role, words, addresses: words },
    ...{ marketId: 'ANY-ONE', baseUnits: 1, takerSide: 'buy', takerAccount: '', makerAccount: '' },
    ...{ makerDigestAt: 0, takerDigestAt: 0, makerAccountAt: 0, takerAccountAt: 0 },
    takerFeeUnits: role === 'taker' ? feeUnits : other,
    makerFeeUnits: role === 'maker' ? feeUnits : other,
  };
};

const rawOrder = (request: PlaceRequest) => {
  const [order] = readOrderRequest(encodeOrderRequest([request])) ?? [];
  if (!order) throw new Error('an order that cannot be sent');
  return order;
};

test('who sent orders reads exactly what each of them became, in whatever turn they were settled', () => {
  fc.assert(
    fc.property(settled, uint, ({ pairs, turns }, epoch) => {
      const answers = new OrderAnswers(pairs.length);
      for (const place of turns) answers.result(place, pairs[place]?.result as CommandResult);
      const requests = pairs.map(({ request }) => request);
      const results = pairs.map(({ result }) => result);
      expect(readOrderAnswers(answers.take(epoch), requests)).toEqual({ epoch, results });
      for (const [place, request] of requests.entries())
        expect(answers.resultAt(place, rawOrder(request))).toEqual(results[place]);
    }),
  );
});

test('what the engine did is told as its result is', () => {
  const did = fc.tuple(uint, anyProgress, fc.array(anyFill, { maxLength: 40 }));
  fc.assert(
    fc.property(anyPlaceRequest, did, (request, [sequence, progress, fills]) => {
      const told = new OrderAnswers(1);
      told.accepted(0, sequence, progress);
      for (const fill of fills) told.fill(0, tradeOf(fill));
      const whole = new OrderAnswers(1);
      whole.result(0, {
        ...{ status: 'accepted', commandId: request.digest, sequence },
        order: seen(request, progress),
        fills: fills.map((fill) => fillOf(request, fill)),
      });
      expect(told.take(1)).toEqual(whole.take(1));
    }),
  );
});

test('a refused order has its code', () => {
  const [request] = fc.sample(anyPlaceRequest, { numRuns: 1, seed: 1 }) as [PlaceRequest];
  for (const code of [...engineRefusals, ...doorRefusals]) {
    const answers = new OrderAnswers(1);
    answers.refused(0, code);
    const result = { status: 'refused', commandId: request.digest, code };
    expect(readOrderAnswers(answers.take(7), [request])).toEqual({ epoch: 7, results: [result] });
  }
});

test('who asks for the same order again gets the same answer, marked, in this or another request', () => {
  fc.assert(
    fc.property(settled, ({ pairs, turns }) => {
      const first = new OrderAnswers(pairs.length);
      for (const place of turns) first.result(place, pairs[place]?.result as CommandResult);
      const requests = pairs.map(({ request }) => request).reverse();
      const marked = pairs.map(({ result }) => ({ ...result, repeated: true as const })).reverse();
      const again = new OrderAnswers(pairs.length);
      for (const place of pairs.keys()) again.again(place, first, pairs.length - 1 - place);
      expect(readOrderAnswers(again.take(2), requests)).toEqual({ epoch: 2, results: marked });
    }),
  );
});

test('an order that is twice in one request is answered twice', () => {
  fc.assert(
    fc.property(
      anyPlaceRequest.chain((request) => resultTo(request).map((result) => ({ request, result }))),
      ({ request, result }) => {
        const answers = new OrderAnswers(2);
        answers.result(0, result);
        answers.again(1, answers, 0);
        const results = [result, { ...result, repeated: true }];
        expect(readOrderAnswers(answers.take(1), [request, request]).results).toEqual(results);
      },
    ),
  );
});

describe('an answer', () => {
  const [request, other] = fc.sample(anyPlaceRequest, { numRuns: 2, seed: 1 }) as [
    PlaceRequest,
    PlaceRequest,
  ];
  const fill = tradeOf({
    ...{ role: 'maker', sequence: 8, atMs: 5, priceTicks: 4, sizeLots: 3, quoteUnits: 12 },
    feeUnits: -1,
  });
  const progress: RawProgress = {
    ...{ limitTicks: 4, triggerTicks: 0, sizeLots: 3, displayLots: 0, spendUnits: 0 },
    ...{ filledLots: 3, filledQuoteUnits: 12, feeUnits: -1, status: 'filled' },
  };
  const whole = () => {
    const answers = new OrderAnswers(2);
    answers.accepted(0, 7, progress);
    answers.fill(0, fill);
    answers.refused(1, 'balance_too_low');
    return answers.take(3);
  };

  test('does not leave before each order has its own', () => {
    const answers = new OrderAnswers(2);
    answers.refused(1, 'busy');
    expect(() => answers.take(1)).toThrow('not every order has its answer');
  });

  test('is given once', () => {
    const answers = new OrderAnswers(2);
    answers.refused(1, 'busy');
    expect(() => answers.refused(1, 'busy')).toThrow('two answers');
    expect(() => answers.refused(2, 'busy')).toThrow('two answers');
    expect(() => answers.accepted(1, 1, progress)).toThrow('two answers');
  });

  test('tells nobody of trades that are not of his order', () => {
    const answers = new OrderAnswers(1);
    answers.accepted(0, 1, progress);
    expect(() => answers.fill(0, { ...fill, isOwn: undefined })).toThrow('two other orders');
  });

  test('is not taken for one to other orders', () => {
    expect(readOrderAnswers(whole(), [request, other]).results).toHaveLength(2);
    expect(() => readOrderAnswers(whole(), [request])).toThrow(RangeError);
    expect(() => readOrderAnswers(whole(), [request, other, other])).toThrow(RangeError);
  });

  test('that ends early is none, wherever it ends', () => {
    for (let length = 0; length < whole().length; length += 1)
      expect(() => readOrderAnswers(whole().subarray(0, length), [request, other])).toThrow(
        RangeError,
      );
  });

  test('of any bytes is one to the orders that were sent, or none', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(255), fc.uint8Array({ maxLength: 90 }), (at, byte, more) => {
        const bytes = Uint8Array.of(...whole(), ...more);
        bytes[at % bytes.length] = byte;
        let read: CommandsResponse;
        try {
          read = readOrderAnswers(bytes, [request, other]);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
          return;
        }
        expect(read.results.map(({ commandId }) => commandId)).toEqual([
          request.digest,
          other.digest,
        ]);
      }),
      { numRuns: 2_000 },
    );
  });

  test('is read where it lies, at any place of other bytes', () => {
    const around = Buffer.concat([Buffer.alloc(3, 9), whole(), Buffer.alloc(3, 9)]);
    const bytes = around.subarray(3, -3);
    expect(readOrderAnswers(bytes, [request, other])).toEqual(
      readOrderAnswers(whole(), [request, other]),
    );
  });
});

describe('answer vectors: what a matcher of another version answers stays readable', () => {
  type Vector = { name: string; answer: string; told: CommandsResponse };
  const read = (name: string) =>
    JSON.parse(readFileSync(new URL(`vectors/${name}.json`, import.meta.url), 'utf8'));
  const requests: PlaceRequest[] = read('orders')[1].orders;

  test.each(read('order-answers') as Vector[])('$name', ({ answer, told }) => {
    expect(readOrderAnswers(Buffer.from(answer, 'hex'), requests)).toEqual(told);
    const answers = new OrderAnswers(told.results.length);
    for (const [place, result] of told.results.entries()) answers.result(place, result);
    expect(Buffer.from(answers.take(told.epoch)).toString('hex')).toBe(answer);
  });
});
