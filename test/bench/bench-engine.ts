/** The matching engine against `nodejs-order-book`: one seeded flow over both, in one process, with equal trades and books checked. */
import { strict as assert } from 'node:assert';
import { drawFlow, type Flow, type Shape } from './engine-flow.ts';
import { core, nodejsOrderBook, wholeEngine } from './engine-runners.ts';
import { bestThroughput, inBatches, type Memory, measure, type Timing } from './engine-timing.ts';
import { alone, type Benchmark, beside, type Measured } from './figure.ts';

async function compare(flow: Flow, rounds = 5): Promise<Measured[]> {
  const operations = flow.timed.length;
  const trades = checkBooks(flow);
  const their = measure(() => nodejsOrderBook(flow), operations, rounds);
  const our = measure(() => core(flow), operations, rounds);
  const fromTexts = bestThroughput(() => wholeEngine(flow), operations, rounds);
  const name = 'nodejs-order-book';
  const both = (metric: string, unit: string, key: keyof (Timing & Memory)) =>
    beside(metric, unit, our[key], { name, value: their[key] });
  return [
    both('opsPerSec', '1/s', 'perSecond'),
    both('p50Nanos', 'ns', 'p50'),
    both('p99Nanos', 'ns', 'p99'),
    both('p999Nanos', 'ns', 'p999'),
    both('maxNanos', 'ns', 'max'),
    both('bytesPerOp', 'B', 'bytesPerOp'),
    both('heapAfterBytes', 'B', 'heapAfter'),
    beside('fromTextsPerSec', '1/s', fromTexts, { name, value: their.perSecond }),
    alone('trades', '1', trades),
    alone('tradesPerSec', '1/s', (trades * our.perSecond) / operations),
  ];
}

/** Both engines must have the same trades and end with the same books. Answers how many trades led there. */
function checkBooks(flow: Flow): number {
  const [ours, texts, theirs] = [core(flow), wholeEngine(flow), nodejsOrderBook(flow)];
  for (const runner of [ours, texts, theirs]) {
    inBatches(runner, flow.timed.length, (count) => {
      for (let nth = 0; nth < count; nth += 1) runner.run(nth);
    });
  }
  assert(ours.trades() > 0, 'nothing was traded');
  assert.equal(ours.trades(), theirs.trades(), 'the engines trade differently often');
  assert.equal(ours.trades(), texts.trades(), 'the engine trades differently from texts');
  for (let market = 0; market < flow.markets; market += 1) {
    assert.equal(ours.book(market), theirs.book(market), `the books of market ${market} differ`);
    assert.equal(ours.book(market), texts.book(market), `the books of market ${market} differ`);
  }
  return ours.trades();
}

const usual: Shape = {
  markets: 1,
  resting: 10_000,
  operations: 100_000,
  cancels: 0.3,
  replaces: 0,
  crossing: 0.1,
  widthTicks: 400,
  crossingLots: 60,
  startTicks: 100_000,
};
const sweeping = { cancels: 0.1, crossing: 0.05, widthTicks: 2_000, crossingLots: 4_000 };
const deep = { ...usual, widthTicks: 4_000, operations: 50_000 };

export const benchmark: Benchmark = {
  about:
    'The matching engine with all rules, credit, events, their hash and remembered ids, against nodejs-order-book without any of them. Commands are made and their names resolved 100 at a time before they are timed, rows are not made into events; `fromTexts` times both too. The best round counts; journal, network and signatures are left out.',
  cases: {
    mixed: () => compare(drawFlow(1, usual)),
    deep: () => compare(drawFlow(2, { ...deep, resting: 100_000 }), 3),
    sweep: () =>
      compare(drawFlow(3, { ...usual, ...sweeping, resting: 20_000, operations: 20_000 })),
    'cancel-heavy': () =>
      compare(drawFlow(4, { ...usual, cancels: 0.05, replaces: 0.9, crossing: 0.01 })),
    'many-markets': () =>
      compare(drawFlow(5, { ...usual, markets: 1_000, resting: 20_000, widthTicks: 100 })),
  },
};
