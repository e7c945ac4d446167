/** Seeded flows of orders for comparing engines: the same operations for every engine, made before anything is timed. */

export type Operation =
  | { kind: 'limit'; id: number; market: number; side: 'buy' | 'sell'; price: number; size: number }
  | {
      kind: 'market';
      id: number;
      market: number;
      side: 'buy' | 'sell';
      size: number;
      worst: number;
    }
  | { kind: 'cancel'; id: number; market: number };

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

type Shape = {
  markets: number;
  resting: number;
  operations: number;
  /** Shares of the timed operations; the rest adds passive orders. */
  cancels: number;
  crossing: number;
  /** How far from the mid passive orders lie, in ticks. */
  widthTicks: number;
  /** Lots of a crossing order at most. */
  crossingLots: number;
};

const startTicks = 100_000;

/** A moving mid, passive orders around it, cancels of orders that may still live, and crossing orders. */
export function drawFlow(seed: number, shape: Shape): Flow {
  const random = seeded(seed);
  const whole = (below: number) => Math.floor(random() * below);
  const mids = new Array<number>(shape.markets).fill(startTicks);
  const live: { id: number; market: number }[] = [];
  let id = 0;

  const passive = (market: number): Operation => {
    const mid = mids[market] as number;
    const side = random() < 0.5 ? 'buy' : 'sell';
    // Most orders are near the touch, as in real books.
    const away = 1 + Math.floor(shape.widthTicks * random() ** 3);
    id += 1;
    live.push({ id, market });
    const price = side === 'buy' ? mid - away : mid + away;
    return { kind: 'limit', id, market, side, price, size: 1 + whole(20) };
  };
  const crossing = (market: number): Operation => {
    const side = random() < 0.5 ? 'buy' : 'sell';
    const mid = mids[market] as number;
    const reach = 2 * shape.widthTicks;
    id += 1;
    const worst = side === 'buy' ? mid + reach : Math.max(1, mid - reach);
    return { kind: 'market', id, market, side, size: 1 + whole(shape.crossingLots), worst };
  };
  const cancel = (): Operation => {
    const at = whole(live.length);
    const chosen = live[at] as { id: number; market: number };
    live[at] = live.at(-1) as { id: number; market: number };
    live.pop();
    return { kind: 'cancel', ...chosen };
  };

  const before = Array.from({ length: shape.resting }, (_, at) => passive(at % shape.markets));
  const timed = Array.from({ length: shape.operations }, () => {
    const market = whole(shape.markets);
    const drawn = random();
    if (drawn < shape.cancels && live.length > 0) return cancel();
    if (drawn < shape.cancels + shape.crossing) return crossing(market);
    // A mid that wanders by up to 1 tick an add, so that levels come and go.
    mids[market] = (mids[market] as number) + whole(3) - 1;
    return passive(market);
  });
  return { markets: shape.markets, before, timed };
}
