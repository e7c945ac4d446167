/** The matching engine against `nodejs-order-book`: one seeded flow over both, in one process, with equal books checked. */
import { strict as assert } from 'node:assert';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { OrderBook, Side } from 'nodejs-order-book';
import type { Command, SignedOrder } from '#domain/command.ts';
import type { Market } from '#domain/market.ts';
import { createEngine } from '../../containers/matcher/engine/matching-engine.ts';
import { drawFlow, type Flow, type Operation } from './engine-flow.ts';
import { alone, type Benchmark, beside, type Measured } from './figure.ts';

/** One way to run a flow. `prepare` makes an operation's request, which is not timed, as it comes off the wire: whole and just now. */
type Runner = {
  prepare(at: number): () => void;
  book(market: number): string;
  trades(): number;
};

const accounts = 2_000;
const nowMs = 1_790_000_000_000;
/** Through a buffer: pasted texts are trees until somebody reads them, whereas ids that come over the wire are whole. */
const whole = (text: string) => Buffer.from(text, 'latin1').toString('latin1');
const hex = (value: number, bytes: number) =>
  whole(`0x${value.toString(16).padStart(bytes * 2, '0')}`);
const nobodySigned = {} as SignedOrder;

const terms = (market: number): Market => ({
  id: `M${market}-USDC`,
  groupId: 'bench',
  baseUnitsPerLot: 1,
  quoteUnitsPerTickLot: 1,
  minSizeLots: 1,
  minNotionalUnits: 1,
  makerFeeBps: 0,
  takerFeeBps: 0,
  state: 'open',
});

/** Ours, with credit, events and remembered ids; buyers and sellers are never the same account. */
function crossbook(flow: Flow): Runner {
  const engine = createEngine({ groupId: 'bench' });
  let trades = 0;
  const emit = ({ type }: { type: string }) => {
    if (type === 'trade') trades += 1;
  };
  const act = (command: Command) => engine.apply(command, emit);
  for (let market = 0; market < flow.markets; market += 1) act(listing(market));
  const fund = funding(act);
  for (const operation of [...flow.before, ...flow.timed]) {
    if (operation.kind === 'cancel') continue;
    const { id, side, market } = operation;
    fund(accountOf(id, side), side === 'buy' ? 'USDC' : assetOf(market));
  }
  const sides = new Map<number, 'buy' | 'sell'>();
  const command = (operation: Operation, at: number): Command => {
    // Ten thousand orders a second of engine time.
    const takenMs = nowMs + Math.floor(at / 10);
    if (operation.kind === 'cancel') return cancelling(operation, at, takenMs, sides);
    sides.set(operation.id, operation.side);
    return placing(operation, takenMs);
  };
  for (const operation of flow.before) act(command(operation, 0));
  engine.takeLevelChanges();
  return {
    prepare(at) {
      const made = command(flow.timed[at] as Operation, at);
      return () => engine.apply(made, emit);
    },
    book(market) {
      const { bids, asks } = engine.depth(`M${market}-USDC`, Number.MAX_SAFE_INTEGER);
      return JSON.stringify({ bids, asks });
    },
    trades: () => trades,
  };
}

/** Names are made once: a matcher has them from its catalog. */
const names = Array.from({ length: 1_000 }, (_, market) => whole(`M${market}`));
const assetOf = (market: number) => names[market] as string;
const accountOf = (id: number, side: 'buy' | 'sell') =>
  hex((id % accounts) * 2 + (side === 'buy' ? 1 : 2), 20);

function listing(market: number): Command {
  const asset = (id: string) => ({ id, decimals: 0, chainDecimals: 0, chainAsset: '0x1' });
  const [base, quote] = [asset(`M${market}`), asset('USDC')];
  const commandId = `list ${market}`;
  return { type: 'list_market', commandId, nowMs, market: terms(market), base, quote };
}

/** Grants each account plenty of an asset, once. */
function funding(act: (command: Command) => void) {
  const funded = new Set<string>();
  return (account: string, asset: string) => {
    if (funded.has(account + asset)) return;
    funded.add(account + asset);
    const commandId = `grant ${funded.size}`;
    const grant = { account, asset, grantNumber: 1, units: 1_000_000_000_000, clock: 0 };
    act({ type: 'grant', commandId, nowMs, ...grant });
  };
}

function cancelling(
  { id }: Operation,
  at: number,
  takenMs: number,
  sides: Map<number, 'buy' | 'sell'>,
): Command {
  const account = accountOf(id, sides.get(id) ?? 'buy');
  const digest = hex(id, 32);
  return { type: 'cancel', commandId: hex(at + 2 ** 40, 32), nowMs: takenMs, account, digest };
}

function placing(operation: Exclude<Operation, { kind: 'cancel' }>, takenMs: number): Command {
  const { id, side, market, size } = operation;
  const isLimit = operation.kind === 'limit';
  const limitTicks = isLimit ? operation.price : operation.worst;
  return {
    type: 'place',
    commandId: hex(id, 32),
    nowMs: takenMs,
    account: accountOf(id, side),
    marketId: `M${market}-USDC`,
    side,
    orderType: isLimit ? 'limit' : 'market',
    timeInForce: isLimit ? 'gtc' : 'ioc',
    cap: 'base',
    amounts: { limitTicks, sizeLots: size, spendUnits: 0 },
    maxFeeBps: 10,
    createdAtMs: takenMs,
    expiresAtMs: takenMs + 86_400_000,
    signed: nobodySigned,
    signature: '',
  };
}

function nodejsOrderBook(flow: Flow): Runner {
  const books = Array.from({ length: flow.markets }, () => new OrderBook());
  let traded = 0;
  const sideOf = { buy: Side.BUY, sell: Side.SELL };
  const prepare = (operation: Operation): (() => void) => {
    const book = books[operation.market] as OrderBook;
    const id = String(operation.id);
    if (operation.kind === 'cancel') return () => void book.cancel(id);
    const side = sideOf[operation.side];
    const { size } = operation;
    const options =
      operation.kind === 'limit' ? { id, side, size, price: operation.price } : { side, size };
    const count = ({ done, partial }: ReturnType<OrderBook['market']>) => {
      traded += done.length + (partial ? 1 : 0);
    };
    if (operation.kind === 'market') return () => count(book.market(options));
    return () => void book.limit(options as Parameters<OrderBook['limit']>[0]);
  };
  for (const operation of flow.before) prepare(operation)();
  return {
    prepare: (at) => prepare(flow.timed[at] as Operation),
    book(market) {
      const [asks, bids] = (books[market] as OrderBook).depth();
      const best = (levels: [number, number][], sign: number) =>
        levels.filter(([, size]) => size > 0).sort((a, b) => sign * (a[0] - b[0]));
      return JSON.stringify({ bids: best(bids, -1), asks: best(asks, 1) });
    },
    trades: () => traded,
  };
}

type Timing = { perSecond: number; p50: number; p99: number; p999: number; max: number };
type Memory = { allocatedPerOp: number; heapAfter: number };

/** Flags may be set at run time, and a new context then has the function. */
setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Operations made and run at a time: the same caches as in a matcher, and a clock that costs nothing beside them. */
const batch = 100;

/** Makes a flow's operations batch by batch, and gives each batch to `run`. */
function inBatches(runner: Runner, operations: number, run: (made: (() => void)[]) => void): void {
  for (let from = 0; from < operations; from += batch) {
    const count = Math.min(batch, operations - from);
    run(Array.from({ length: count }, (_, at) => runner.prepare(from + at)));
  }
}

/** Operations a second, with one clock around a batch: one around each would cost as much as a fast operation, and hide it. */
function throughput(runner: Runner, operations: number): number {
  collectGarbage();
  let nanos = 0;
  inBatches(runner, operations, (made) => {
    const before = performance.now();
    for (const each of made) each();
    nanos += (performance.now() - before) * 1e6;
  });
  return operations / (nanos / 1e9);
}

/** Each operation timed on its own; the clock's own cost is in both engines' figures. */
function latencies(runner: Runner, operations: number): Omit<Timing, 'perSecond'> {
  const nanos = new Float64Array(operations);
  let done = 0;
  collectGarbage();
  inBatches(runner, operations, (made) => {
    for (const each of made) {
      const before = performance.now();
      each();
      nanos[done] = (performance.now() - before) * 1e6;
      done += 1;
    }
  });
  nanos.sort();
  const at = (share: number) =>
    nanos[Math.min(nanos.length - 1, Math.floor(share * nanos.length))] ?? 0;
  return { p50: at(0.5), p99: at(0.99), p999: at(0.999), max: at(1) };
}

const heapUsed = () => process.memoryUsage().heapUsed;

/** Bytes that the operations allocate on the JavaScript heap; a batch in which it shrank was collected and does not count. */
function memory(runner: Runner, operations: number): Memory {
  let bytes = 0;
  let counted = 0;
  collectGarbage();
  inBatches(runner, operations, (made) => {
    const before = heapUsed();
    for (const each of made) each();
    const risen = heapUsed() - before;
    if (risen < 0) return;
    bytes += risen;
    counted += made.length;
  });
  collectGarbage();
  return { allocatedPerOp: bytes / counted, heapAfter: heapUsed() };
}

/** The first rounds also compile; the machine may be busy with other things in any of them: each engine's best round counts. */
const rounds = 5;

function measure(make: () => Runner, operations: number): Timing & Memory {
  const each = Array.from({ length: rounds }, () => throughput(make(), operations));
  const perSecond = Math.max(...each);
  return { perSecond, ...latencies(make(), operations), ...memory(make(), operations) };
}

async function compare(flow: Flow): Promise<Measured[]> {
  const trades = checkBooks(flow);
  const their = measure(() => nodejsOrderBook(flow), flow.timed.length);
  const our = measure(() => crossbook(flow), flow.timed.length);
  const both = (metric: string, unit: string, name: keyof (Timing & Memory)) =>
    beside(metric, unit, our[name], { name: 'nodejs-order-book', value: their[name] });
  return [
    both('opsPerSec', '1/s', 'perSecond'),
    both('p50Nanos', 'ns', 'p50'),
    both('p99Nanos', 'ns', 'p99'),
    both('p999Nanos', 'ns', 'p999'),
    both('maxNanos', 'ns', 'max'),
    both('bytesPerOp', 'B', 'allocatedPerOp'),
    both('heapAfterBytes', 'B', 'heapAfter'),
    alone('trades', '1', trades),
    alone('tradesPerSec', '1/s', (trades * our.perSecond) / flow.timed.length),
  ];
}

/** Both engines must end with the same books. Answers how many trades led there. */
function checkBooks(flow: Flow): number {
  const [ours, theirs] = [crossbook(flow), nodejsOrderBook(flow)];
  for (const runner of [ours, theirs]) {
    inBatches(runner, flow.timed.length, (made) => {
      for (const each of made) each();
    });
  }
  assert(ours.trades() > 0, 'nothing was traded');
  for (let market = 0; market < flow.markets; market += 1) {
    assert.equal(ours.book(market), theirs.book(market), `the books of market ${market} differ`);
  }
  return ours.trades();
}

const usual = { markets: 1, resting: 10_000, operations: 100_000, cancels: 0.3, crossing: 0.1 };
const near = { widthTicks: 400, crossingLots: 60 };

export const benchmark: Benchmark = {
  about:
    'The matching engine with credit, events, their hash and remembered ids, against nodejs-order-book without any of them. Commands are made 100 at a time before they are timed; the best of five rounds counts; journal, network and signatures are left out.',
  cases: {
    mixed: () => compare(drawFlow(1, { ...usual, ...near })),
    deep: () =>
      compare(
        drawFlow(2, { ...usual, ...near, resting: 100_000, operations: 20_000, widthTicks: 4_000 }),
      ),
    sweep: () =>
      compare(
        drawFlow(3, {
          ...usual,
          resting: 20_000,
          operations: 20_000,
          cancels: 0.1,
          crossing: 0.05,
          widthTicks: 2_000,
          crossingLots: 4_000,
        }),
      ),
    'cancel-heavy': () =>
      compare(drawFlow(4, { ...usual, ...near, cancels: 0.48, crossing: 0.02 })),
    'many-markets': () =>
      compare(drawFlow(5, { ...usual, ...near, markets: 1_000, resting: 20_000, widthTicks: 100 })),
  },
};
