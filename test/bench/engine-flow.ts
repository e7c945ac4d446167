/** Seeded flows of orders for comparing engines: the same operations for every engine, made before anything is timed. */

type Limit = {
  id: number;
  /** Whose order it is: buyers and sellers are never the same account. */
  trader: number;
  market: number;
  side: 'buy' | 'sell';
  price: number;
  size: number;
};

export type Operation =
  | ({ kind: 'limit' } & Limit)
  | {
      kind: 'market';
      id: number;
      trader: number;
      market: number;
      side: 'buy' | 'sell';
      size: number;
      worst: number;
    }
  | { kind: 'cancel'; id: number; trader: number; market: number; side: 'buy' | 'sell' }
  /** Takes the place of order `old`, which is of the same market and side. */
  | ({ kind: 'replace'; old: number } & Limit);

export type Flow = {
  markets: number;
  /** Fills the books; not timed. */
  before: Operation[];
  timed: Operation[];
};

/** Mulberry32: small, fast, the same on every machine. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export type Shape = {
  markets: number;
  resting: number;
  operations: number;
  /** Shares of the timed operations; the rest adds passive orders. */
  cancels: number;
  replaces: number;
  crossing: number;
  /** How far from the mid passive orders lie, in ticks. */
  widthTicks: number;
  /** Lots of a crossing order at most. */
  crossingLots: number;
  /** Where the mid begins. */
  startTicks: number;
};

type Live = { id: number; trader: number; market: number; side: 'buy' | 'sell' };

/** On each side. */
export const traders = 2_000;

/** A moving mid, passive orders around it, cancels and replaces of orders that may still live, and crossing orders. */
export function drawFlow(seed: number, shape: Shape): Flow {
  const random = seeded(seed);
  const whole = (below: number) => Math.floor(random() * below);
  const mids = new Array<number>(shape.markets).fill(shape.startTicks);
  const live: Live[] = [];
  let id = 0;

  const passive = (market: number, side: 'buy' | 'sell', of?: number): Limit => {
    const mid = mids[market] as number;
    // Most orders are near the touch, as in real books.
    const away = 1 + Math.floor(shape.widthTicks * random() ** 3);
    id += 1;
    const trader = of ?? id % traders;
    live.push({ id, trader, market, side });
    return {
      id,
      trader,
      market,
      side,
      price: side === 'buy' ? mid - away : mid + away,
      size: 1 + whole(20),
    };
  };
  const add = (market: number): Operation => {
    return { kind: 'limit', ...passive(market, random() < 0.5 ? 'buy' : 'sell') };
  };
  const crossing = (market: number): Operation => {
    const side = random() < 0.5 ? 'buy' : 'sell';
    const mid = mids[market] as number;
    const reach = 2 * shape.widthTicks;
    id += 1;
    const worst = side === 'buy' ? mid + reach : Math.max(1, mid - reach);
    return {
      kind: 'market',
      id,
      trader: id % traders,
      market,
      side,
      size: 1 + whole(shape.crossingLots),
      worst,
    };
  };
  const takeLive = (): Live => {
    const at = whole(live.length);
    const chosen = live[at] as Live;
    live[at] = live.at(-1) as Live;
    live.pop();
    return chosen;
  };
  const replace = (): Operation => {
    const { id: old, trader, market, side } = takeLive();
    return { kind: 'replace', old, ...passive(market, side, trader) };
  };

  const before = Array.from({ length: shape.resting }, (_, at) => add(at % shape.markets));
  const { cancels, replaces } = shape;
  const timed = Array.from({ length: shape.operations }, (): Operation => {
    const market = whole(shape.markets);
    const drawn = random();
    if (drawn < cancels && live.length > 0) return { kind: 'cancel', ...takeLive() };
    if (drawn < cancels + replaces && live.length > 0) return replace();
    if (drawn < cancels + replaces + shape.crossing) return crossing(market);
    // A mid that wanders by up to 1 tick an add, so that levels come and go.
    mids[market] = (mids[market] as number) + whole(3) - 1;
    return add(market);
  });
  return { markets: shape.markets, before, timed };
}
