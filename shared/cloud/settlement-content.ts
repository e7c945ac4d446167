/** What a batch holds, as it is planned and kept: trades, house transfers and repairs; and the batch that the contract settles of it. */
import { assert } from '#domain/assertion.ts';
import { type Asset, type AssetId, atomsPerUnit } from '#domain/asset.ts';
import type { Trade } from '#domain/event.ts';
import { assetsOf, type GroupId, type MarketId } from '#domain/market.ts';
import type { Address, Digest, Side } from '#domain/order.ts';
import type { BatchFill, BatchOrder, SettlementBatch } from '#wire/settlement-batch.ts';

/** A trade as far as the chain needs it. */
export type SettlingTrade = Pick<
  Trade,
  | 'sequence'
  | 'marketId'
  | 'baseUnits'
  | 'quoteUnits'
  | 'takerSide'
  | 'makerDigest'
  | 'takerDigest'
  | 'makerAccount'
  | 'takerAccount'
  | 'makerFeeUnits'
  | 'takerFeeUnits'
> & { groupId: GroupId };

/** Whose place insurance takes; of `both`, nobody's fill is settled. */
export type Insured = 'maker' | 'taker' | 'both';

/**
 * A fill of an earlier batch that the chain rejected: settled once more. `insured`: whose place insurance had there already,
 * which the ledger has followed.
 */
export type Repair = { batchId: number; at: number; trade: SettlingTrade; insured?: Insured };

export type PlannedTransfer = {
  operationId: string;
  account: string;
  asset: AssetId;
  units: bigint;
};

export type BatchContent = {
  transfers: PlannedTransfer[];
  repairs: Repair[];
  trades: SettlingTrade[];
};

/** Repairs come before trades: who was owed may have spent it since. A place among both, from 0. */
export const tradesOfContent = ({ repairs, trades }: BatchContent): SettlingTrade[] => [
  ...repairs.map(({ trade }) => trade),
  ...trades,
];

/** What was insured before the batch was planned: nothing more follows from it in the ledger. */
export const insuredBefore = ({ repairs }: BatchContent): Map<number, Insured> =>
  new Map(repairs.flatMap(({ insured }, at) => (insured ? [[at, insured] as const] : [])));

/** Which places are insured, by their place. */
export type InsuredPlaces = ReadonlyMap<number, Insured>;

export type Building = {
  orderOf(digest: Digest, marketId: MarketId): BatchOrder;
  assets: ReadonlyMap<AssetId, Asset>;
};

export type BuiltBatch = {
  batch: SettlementBatch;
  /** The place of each of the batch's fills. */
  places: number[];
};

/** Orders in the order in which the fills name them, each once: the same content gives the same bytes. */
export function buildBatch(
  { batchId, matchedThroughMs }: { batchId: number; matchedThroughMs: number },
  content: BatchContent,
  insured: InsuredPlaces,
  building: Building,
): BuiltBatch {
  const orders: BatchOrder[] = [];
  const at = new Map<Digest, number>();
  const placeOf = (digest: Digest, marketId: MarketId): number => {
    const known = at.get(digest);
    if (known !== undefined) return known;
    at.set(digest, orders.length);
    orders.push(building.orderOf(digest, marketId));
    return orders.length - 1;
  };
  const places: number[] = [];
  const fills: BatchFill[] = [];
  for (const [place, trade] of tradesOfContent(content).entries()) {
    const side = insured.get(place);
    if (side === 'both') continue;
    const atoms = atomsOf(trade, building.assets);
    places.push(place);
    fills.push({
      kind: 'trade',
      maker: placeOf(trade.makerDigest, trade.marketId),
      taker: placeOf(trade.takerDigest, trade.marketId),
      ...atoms,
      ...(side ? { insured: side } : {}),
    });
  }
  const transfers = content.transfers.map(({ account, asset, units }) => {
    const terms = termsOf(building.assets, asset);
    return {
      account: account.split('/')[0] as Address,
      asset: BigInt(terms.chainAsset),
      atoms: units * atomsPerUnit(terms),
    };
  });
  return { batch: { batchId, matchedThroughMs, transfers, orders, fills }, places };
}

export function atomsOf(trade: SettlingTrade, assets: ReadonlyMap<AssetId, Asset>) {
  const { base, quote } = assetsOf(trade.marketId);
  const perBase = atomsPerUnit(termsOf(assets, base));
  const perQuote = atomsPerUnit(termsOf(assets, quote));
  return {
    baseAtoms: BigInt(trade.baseUnits) * perBase,
    quoteAtoms: BigInt(trade.quoteUnits) * perQuote,
    makerFeeAtoms: BigInt(trade.makerFeeUnits) * perQuote,
    takerFeeAtoms: BigInt(trade.takerFeeUnits) * perQuote,
  };
}

export function termsOf(assets: ReadonlyMap<AssetId, Asset>, asset: AssetId): Asset {
  const terms = assets.get(asset);
  assert(terms, `${asset} settles and is not listed`);
  return terms;
}

/** What a trade did to one side's balances in the ledger, its fee taken. */
export function movedBy(trade: SettlingTrade, side: 'maker' | 'taker') {
  const { base, quote } = assetsOf(trade.marketId);
  const isTaker = side === 'taker';
  const bought: Side = isTaker ? 'buy' : 'sell';
  const sign = trade.takerSide === bought ? 1n : -1n;
  const fee = BigInt(isTaker ? trade.takerFeeUnits : trade.makerFeeUnits);
  return {
    account: isTaker ? trade.takerAccount : trade.makerAccount,
    moves: [
      { asset: base, units: sign * BigInt(trade.baseUnits) },
      { asset: quote, units: -sign * BigInt(trade.quoteUnits) - fee },
    ],
  };
}

export function settlingTrade(groupId: GroupId, trade: Trade): SettlingTrade {
  const { sequence, marketId, baseUnits, quoteUnits, takerSide } = trade;
  const { makerDigest, takerDigest, makerAccount, takerAccount } = trade;
  const { makerFeeUnits, takerFeeUnits } = trade;
  return {
    ...{ groupId, sequence, marketId, baseUnits, quoteUnits, takerSide, makerDigest, takerDigest },
    ...{ makerAccount, takerAccount, makerFeeUnits, takerFeeUnits },
  };
}

/** As text, one line a trade: a batch of some hundred fits an item. */
export function contentText({ transfers, repairs, trades }: BatchContent): string {
  return JSON.stringify({
    transfers: transfers.map((each) => ({ ...each, units: String(each.units) })),
    repairs: repairs.map(({ batchId, at, trade, insured }) => [
      batchId,
      at,
      insured ?? '',
      ...row(trade),
    ]),
    trades: trades.map(row),
  });
}

type Row = (string | number)[];

const row = (trade: SettlingTrade): Row => [
  ...[trade.groupId, trade.sequence, trade.marketId, trade.baseUnits, trade.quoteUnits],
  ...[
    trade.takerSide,
    trade.makerDigest,
    trade.takerDigest,
    trade.makerAccount,
    trade.takerAccount,
  ],
  ...[trade.makerFeeUnits, trade.takerFeeUnits],
];

export function readContent(text: string): BatchContent {
  const { transfers, repairs, trades } = JSON.parse(text) as {
    transfers: (Omit<PlannedTransfer, 'units'> & { units: string })[];
    repairs: Row[];
    trades: Row[];
  };
  return {
    transfers: transfers.map((each) => ({ ...each, units: BigInt(each.units) })),
    repairs: repairs.map(([batchId, at, insured, ...rest]) => ({
      batchId: Number(batchId),
      at: Number(at),
      trade: readTradeRow(rest),
      ...(insured ? { insured: insured as Insured } : {}),
    })),
    trades: trades.map(readTradeRow),
  };
}

function readTradeRow(cells: Row): SettlingTrade {
  assert(cells.length === 12, 'a trade of a batch has twelve cells');
  const text = (at: number) => String(cells[at]);
  const number = (at: number) => Number(cells[at]);
  return {
    ...{ groupId: text(0), sequence: number(1), marketId: text(2) },
    ...{ baseUnits: number(3), quoteUnits: number(4), takerSide: text(5) as Side },
    ...{ makerDigest: text(6), takerDigest: text(7), makerAccount: text(8), takerAccount: text(9) },
    ...{ makerFeeUnits: number(10), takerFeeUnits: number(11) },
  };
}
