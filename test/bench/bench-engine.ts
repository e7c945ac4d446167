/** The matching engine against `nodejs-order-book`: one seeded flow over both, in one process, with equal books checked. */
import { strict as assert } from 'node:assert';
import { OrderBook, Side } from 'nodejs-order-book';
import type { Command, SignedOrder } from '#domain/command.ts';
import type { Market } from '#domain/market.ts';
import { createEngine } from '../../containers/matcher/engine/matching-engine.ts';
import { drawFlow, type Flow, type Operation } from './engine-flow.ts';
import { alone, type Benchmark, beside, type Measured } from './figure.ts';

/** One way to run a flow: each operation is prepared before it is timed. */
type Runner = { apply: ((at: number) => void)[]; book(market: number): string; trades(): number };

const accounts = 2_000;
const nowMs = 1_790_000_000_000;
const hex = (value: number, bytes: number) => `0x${value.toString(16).padStart(bytes * 2, '0')}`;
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
  const sides = new Map<number, 'buy' | 'sell'>();
  const command = (operation: Operation, at: number): Command => {
    // Ten thousand orders a second of engine time.
    const takenMs = nowMs + Math.floor(at / 10);
    if (operation.kind === 'cancel') return cancelling(operation, at, takenMs, sides);
    sides.set(operation.id, operation.side);
    const { side, market } = operation;
    fund(accountOf(operation.id, side), side === 'buy' ? 'USDC' : `M${market}`);
    return placing(operation, takenMs);
  };
  const before = flow.before.map((operation) => command(operation, 0));
  const timed = flow.timed.map(command);
  for (const each of before) act(each);
  engine.takeLevelChanges();
  return {
    apply: timed.map((each) => () => engine.apply(each, emit)),
    book(market) {
      const { bids, asks } = engine.depth(`M${market}-USDC`, Number.MAX_SAFE_INTEGER);
      return JSON.stringify({ bids, asks });
    },
    trades: () => trades,
  };
}

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
  return { type: 'cancel', commandId: `cancel ${at}`, nowMs: takenMs, account, digest };
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
  const timed = flow.timed.map(prepare);
  for (const operation of flow.before) prepare(operation)();
  return {
    apply: timed,
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

/** Runs every operation once, each timed on its own; the clock's own cost, some 50 ns, is in both engines' figures. */
function time({ apply }: Runner): Timing {
  const nanos = new Float64Array(apply.length);
  const began = process.hrtime.bigint();
  for (let at = 0; at < apply.length; at += 1) {
    const before = process.hrtime.bigint();
    (apply[at] as (at: number) => void)(at);
    nanos[at] = Number(process.hrtime.bigint() - before);
  }
  const seconds = Number(process.hrtime.bigint() - began) / 1e9;
  nanos.sort();
  const at = (share: number) =>
    nanos[Math.min(nanos.length - 1, Math.floor(share * nanos.length))] ?? 0;
  return {
    perSecond: apply.length / seconds,
    p50: at(0.5),
    p99: at(0.99),
    p999: at(0.999),
    max: at(1),
  };
}

async function compare(flow: Flow): Promise<Measured[]> {
  const theirs = nodejsOrderBook(flow);
  const their = time(theirs);
  const ours = crossbook(flow);
  const our = time(ours);
  for (let market = 0; market < flow.markets; market += 1) {
    assert.equal(ours.book(market), theirs.book(market), `the books of market ${market} differ`);
  }
  const name = 'nodejs-order-book';
  return [
    beside('opsPerSec', '1/s', our.perSecond, { name, value: their.perSecond }),
    beside('p50Nanos', 'ns', our.p50, { name, value: their.p50 }),
    beside('p99Nanos', 'ns', our.p99, { name, value: their.p99 }),
    beside('p999Nanos', 'ns', our.p999, { name, value: their.p999 }),
    beside('maxNanos', 'ns', our.max, { name, value: their.max }),
    alone('trades', '1', ours.trades()),
  ];
}

const usual = { markets: 1, resting: 10_000, operations: 100_000, cancels: 0.3, crossing: 0.1 };
const near = { widthTicks: 400, crossingLots: 60 };

export const benchmark: Benchmark = {
  about:
    'The matching engine with credit, events and remembered ids, against nodejs-order-book without any of them. Commands are made before they are timed; journal, network and signatures are left out.',
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
