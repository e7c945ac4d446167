/** The markets as a table for a terminal. */
import { formatDecimal } from '#domain/amount.ts';
import { formatPrice, formatSize } from '#domain/market.ts';
import type { MarketShown } from '#wire/operations.ts';

const heads = [
  ...['MARKET', 'GROUP', 'STATE', 'ENDS IN', 'LAST', 'REFERENCE', 'BAND', 'HALTS'],
  ...['MAKER', 'TAKER', 'TICK', 'LOT'],
];

/** States that a leader did not confirm just now have a question mark. */
export function marketTable(markets: readonly MarketShown[], nowMs: number): string {
  const rows = [heads, ...markets.map((each) => rowOf(each, nowMs))];
  const widths = heads.map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const auctions = markets.flatMap((each) => auctionLine(each) ?? []);
  return [...lines, ...auctions].join('\n');
}

function rowOf(shown: MarketShown, nowMs: number): string[] {
  const { market, base, quote, now } = shown;
  const price = (ticks: number) => (ticks > 0 ? formatPrice(ticks, market, base, quote) : '–');
  const state = (now?.state ?? `${market.state}?`).replace('_', '-');
  return [
    market.id,
    market.groupId,
    state,
    now && now.untilMs > 0 ? seconds(Math.max(0, now.untilMs - nowMs)) : '–',
    price(now?.lastTicks ?? 0),
    price(now?.referenceTicks ?? 0),
    bandOf(shown),
    market.haltBps > 0 ? `${percent(market.haltBps)} in ${seconds(market.haltWindowMs)}` : '–',
    `${market.makerFeeBps} bps`,
    `${market.takerFeeBps} bps`,
    formatPrice(1, market, base, quote),
    formatSize(1, market, base),
  ];
}

/** The band's ends where there is a reference price, as the engine counts them. */
function bandOf({ market, base, quote, now }: MarketShown): string {
  const { bandBps } = market;
  if (bandBps === 0) return '–';
  const reference = now?.referenceTicks ?? 0;
  if (reference === 0) return `±${percent(bandBps)}`;
  const off = Number((BigInt(reference) * BigInt(bandBps)) / 10_000n);
  const price = (ticks: number) => formatPrice(ticks, market, base, quote);
  return `${price(reference - off)} to ${price(reference + off)}`;
}

function auctionLine({ market, base, quote, now }: MarketShown): string | undefined {
  const auction = now?.auction;
  if (!auction) return undefined;
  const price = formatPrice(auction.priceTicks, market, base, quote);
  const size = formatSize(auction.sizeLots, market, base);
  const left = formatSize(Math.abs(auction.imbalanceLots), market, base);
  return `${market.id}: the auction would end now at ${price} with ${size} traded, ${left} more on one side`;
}

const percent = (bps: number): string => `${formatDecimal(bps, 2)} %`;
const seconds = (ms: number): string => `${Math.ceil(ms / 1000)} s`;
