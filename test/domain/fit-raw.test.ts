/** Amounts are fitted the same whether they are read from an order's bytes or given as integers. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Asset, atomsPerUnit } from '#domain/asset.ts';
import { type Market, noProtections, tickIsDecimal } from '#domain/market.ts';
import { fitAmounts, fitRaw, type OrderType, type SignedAmounts } from '#domain/order.ts';
import { type RawOrder, rawOrderAt } from '#domain/raw-order.ts';
import { wholeUnits } from '#domain/whole-units.ts';

const asset = fc
  .tuple(fc.integer({ min: 0, max: 8 }), fc.integer({ min: 0, max: 28 }))
  .map(([decimals, more]): Asset => {
    return { id: 'A', decimals, chainDecimals: decimals + more, chainAsset: '0xaa' };
  });

const atomsBits = 128n;
const anyAtoms = fc
  .tuple(fc.bigInt({ min: 0n, max: (1n << atomsBits) - 1n }), fc.nat(127))
  .map(([atoms, bits]) => atoms >> BigInt(bits));
/** Of each size the same chance, so that products stay safe integers often enough. */
const sized = (bits: number) =>
  fc
    .tuple(fc.bigInt({ min: 1n << BigInt(bits), max: (2n << BigInt(bits)) - 1n }), fc.nat(bits))
    .map(([value, less]) => value >> BigInt(less));

function bytesOf(baseAtoms: bigint, quoteAtoms: bigint, at: number): Uint8Array {
  const bytes = Buffer.alloc(at + rawOrderAt.salt + 8, 0xee);
  const put = (place: number, atoms: bigint) =>
    bytes.write(atoms.toString(16).padStart(32, '0'), at + place, 'hex');
  put(rawOrderAt.baseAmount, baseAtoms);
  put(rawOrderAt.quoteAmount, quoteAtoms);
  return bytes;
}

function rawOf(signed: SignedAmounts): RawOrder {
  const { side, cap, orderType, trigger, display, isDelegated } = signed;
  const at = 3;
  const bytes = bytesOf(signed.baseAtoms, signed.quoteAtoms, at);
  return {
    ...{ bytes, at, side, cap, maxFeeBps: 0, createdAtMs: 0, expiresAtMs: 0 },
    ...{ baseAsset: '', quoteAsset: '', termsText: '', clientOrderId: undefined },
    terms: {
      ...{ marketId: 'A-B', orderType, timeInForce: 'gtc', postOnly: false },
      selfTrade: 'expire_taker',
      ...(trigger === undefined ? {} : { trigger }),
      ...(display === undefined ? {} : { display }),
    },
    delegation: isDelegated ? { digest: '0x', limitUnits: 1 } : undefined,
    delegations: undefined,
  };
}

const perLot = fc.constantFrom(1, 1, 10, 10, 3, 100_000, 100_000, 2 ** 40);
const listed = fc.record({ base: asset, quote: asset, perLot, perTickLot: perLot });

/** By whole ticks and lots, perhaps a few atoms beside; or anything. */
const atoms = fc.oneof(
  fc.record({
    ticks: sized(22),
    lots: sized(22),
    beside: fc.constantFrom(0n, 0n, 0n, 0n, 0n, 1n, -1n),
  }),
  fc.record({ baseAtoms: anyAtoms, quoteAtoms: anyAtoms }),
);

const decimal = fc.constantFrom('0.5', '1', '25000', '0.00000001', '9'.repeat(30));
const plain = {
  side: fc.constantFrom('buy' as const, 'sell' as const),
  cap: fc.constantFrom('base' as const, 'quote' as const),
  orderType: fc.constantFrom<OrderType>('limit', 'market', 'stop', 'stop_limit', 'take_profit'),
  isDelegated: fc.boolean(),
};
const shape = fc.oneof(
  { weight: 3, arbitrary: fc.record(plain) },
  { weight: 1, arbitrary: fc.record({ ...plain, trigger: decimal, display: decimal }) },
  { weight: 1, arbitrary: fc.record({ ...plain, trigger: decimal }) },
);

test('amounts in an order’s bytes fit as the integers that they are, and misfit by the same rule', () => {
  let fitting = 0;
  fc.assert(
    fc.property(listed, atoms, shape, ({ base, quote, perLot, perTickLot }, drawn, terms) => {
      const market: Market = {
        ...{ id: 'A-B', groupId: 'main', baseUnitsPerLot: perLot, minSizeLots: 1 },
        ...{ quoteUnitsPerTickLot: perTickLot, minNotionalUnits: 1, makerFeeBps: 0 },
        ...{ ...noProtections, takerFeeBps: 0, state: 'open' },
      };
      // Markets whose ticks have no text are not listed; without a trigger nothing reads one.
      fc.pre(!('trigger' in terms) || tickIsDecimal(market, base, quote));
      const { baseAtoms, quoteAtoms } =
        'lots' in drawn
          ? {
              baseAtoms: drawn.lots * BigInt(perLot) * atomsPerUnit(base),
              quoteAtoms:
                drawn.ticks * drawn.lots * BigInt(perTickLot) * atomsPerUnit(quote) + drawn.beside,
            }
          : drawn;
      fc.pre((baseAtoms | quoteAtoms) >> atomsBits === 0n);
      const signed: SignedAmounts = { ...terms, baseAtoms, quoteAtoms };
      const fitted = fitAmounts(signed, market, base, quote);
      if (!fitted.misfit) fitting += 1;
      expect(fitRaw(rawOf(signed), market, base, quote)).toEqual(fitted);
    }),
    { numRuns: 5_000 },
  );
  expect(fitting).toBeGreaterThan(200);
});

test('units are whole or none, and never more than can be counted', () => {
  const units = fc.oneof(sized(52), anyAtoms);
  fc.assert(
    fc.property(asset, units, fc.constantFrom(0n, 0n, 1n, -1n), (of, drawn, beside) => {
      const atoms = drawn * atomsPerUnit(of) + beside;
      fc.pre(atoms >= 0n && atoms >> atomsBits === 0n);
      const bytes = bytesOf(atoms, 0n, 0);
      const isWhole = atoms % atomsPerUnit(of) === 0n;
      const whole = Number(atoms / atomsPerUnit(of));
      const expected = isWhole && Number.isSafeInteger(whole) ? whole : undefined;
      expect(wholeUnits(bytes, rawOrderAt.baseAmount, of)).toBe(expected);
    }),
    { numRuns: 2_000 },
  );
});
