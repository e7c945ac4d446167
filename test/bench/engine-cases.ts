/** The cases of the engine's benchmark; each runs in a process of its own, from a bundle like the container's. */
import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { readEngine } from '../../containers/matcher/engine/matching-engine.ts';
import type { StateReading } from '../../containers/matcher/engine/state-reading.ts';
import { PartReader } from '../../containers/matcher/snapshot-reader.ts';
import { PartWriter } from '../../containers/matcher/snapshot-writer.ts';
import { drawFlow, type Flow, type Shape } from './engine-flow.ts';
import { core, filledEngine, nodejsOrderBook, type Runner, wholeEngine } from './engine-runners.ts';
import { steadyOperations } from './engine-steady.ts';
import {
  inBatches,
  latencies,
  type Memory,
  memory,
  type Timing,
  throughput,
} from './engine-timing.ts';
import { alone, beside, type Measured } from './figure.ts';

const peer = 'nodejs-order-book';
type Make = () => Runner;
type Result = Timing & Memory;

/** The first rounds also compile, and the machine may be busy in any: the engines take turns, and each one's best round counts. */
function bestOf(makes: Make[], operations: number, rounds: number): number[] {
  const best = makes.map(() => 0);
  for (let round = 0; round < rounds; round += 1) {
    makes.forEach((make, at) => {
      best[at] = Math.max(best[at] as number, throughput(make(), operations));
    });
  }
  return best;
}

function compare(flow: Flow, rounds = 12): Measured[] {
  const operations = flow.timed.length;
  const trades = checkBooks(flow);
  const makes = [() => core(flow), () => nodejsOrderBook(flow), () => wholeEngine(flow)];
  const [ours = 0, theirs = 0, fromBytes = 0] = bestOf(makes, operations, rounds);
  const whole = (perSecond: number, make: Make): Result => {
    return { perSecond, ...latencies(make(), operations), ...memory(make(), operations) };
  };
  const their = whole(theirs, () => nodejsOrderBook(flow));
  const our = whole(ours, () => core(flow));
  const both = (metric: string, unit: string, key: keyof Result) =>
    beside(metric, unit, our[key], { name: peer, value: their[key] });
  return [
    both('opsPerSec', '1/s', 'perSecond'),
    beside('fromBytesPerSec', '1/s', fromBytes, { name: peer, value: theirs }),
    both('p50Nanos', 'ns', 'p50'),
    both('p99Nanos', 'ns', 'p99'),
    both('p999Nanos', 'ns', 'p999'),
    both('maxNanos', 'ns', 'max'),
    both('bytesPerOp', 'B', 'bytesPerOp'),
    both('heapAfterBytes', 'B', 'heapAfter'),
    alone('trades', '1', trades),
    alone('tradesPerSec', '1/s', (trades * our.perSecond) / operations),
  ];
}

/** Runs a flow, not timed: how many trades it comes to. */
function tradesOf(runner: Runner, flow: Flow): number {
  let trades = 0;
  inBatches(runner, flow.timed.length, (count) => {
    for (let nth = 0; nth < count; nth += 1) {
      runner.run(nth);
      trades += runner.newTrades();
    }
  });
  return trades;
}

/** All must have the same trades and end with the same books. Answers how many trades led there. */
function checkBooks(flow: Flow): number {
  const [ours, texts, theirs] = [core(flow), wholeEngine(flow), nodejsOrderBook(flow)];
  const trades = tradesOf(ours, flow);
  assert(trades > 0, 'nothing was traded');
  assert.equal(trades, tradesOf(theirs, flow), 'the engines trade differently often');
  assert.equal(trades, tradesOf(texts, flow), 'the engine trades differently from bytes');
  for (let market = 0; market < flow.markets; market += 1) {
    assert.equal(ours.book(market), theirs.book(market), `the books of market ${market} differ`);
    assert.equal(ours.book(market), texts.book(market), `the books of market ${market} differ`);
  }
  return trades;
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

/** A million resting orders, which the peer is too slow to set up. */
function million(): Measured[] {
  const flow = drawFlow(2, { ...deep, resting: 1_000_000 });
  const [perSecond = 0] = bestOf([() => core(flow)], flow.timed.length, 2);
  const { p50, p99, max } = latencies(core(flow), flow.timed.length);
  return [
    alone('opsPerSec', '1/s', perSecond),
    alone('p50Nanos', 'ns', p50),
    alone('p99Nanos', 'ns', p99),
    alone('maxNanos', 'ns', max),
  ];
}

/** `CREDIT_OFF`: the file of a core whose credit lines hold everything and count nothing. */
function credit(): Measured[] {
  const flow = drawFlow(1, usual);
  const file = process.env['CREDIT_OFF'];
  assert(file, 'there is no core without credit');
  const binary = readFileSync(file, 'base64');
  const makes = [() => core(flow), () => core(flow, binary)];
  const [withCredit, without] = makes.map((make) => tradesOf(make(), flow));
  assert.equal(withCredit, without, 'without credit something else is traded');
  const [on = 0, off = 0] = bestOf(makes, flow.timed.length, 8);
  return [beside('opsPerSec', '1/s', on, { name: 'credit off', value: off })];
}

/** A million orders and as many remembered ids, from the engine to bytes and back; each is done once, as in a matcher that just began. */
function snapshot(): Measured[] {
  const engine = filledEngine(drawFlow(6, { ...deep, resting: 1_000_000, operations: 0 }));
  // As a matcher does before it leads: the copy finds its memory.
  engine.freeze().end();
  const freezing = performance.now();
  const state = engine.freeze();
  const saving = performance.now();
  const { parts, records } = written(state);
  const restoring = performance.now();
  const reader = readEngine({ groupId: 'bench', records });
  for (const part of parts) reader.take(new PartReader(part, ({ kind }) => assert.fail(kind)));
  const restored = reader.done();
  const done = performance.now();
  assert.equal(state.stateHash(), engine.stateHash(), 'what was saved is another state');
  assert.equal(restored.stateHash, engine.stateHash(), 'what was read is another state');
  assert.equal(restored.engine.stateHash(), engine.stateHash(), 'the restored engine is another');
  assert.equal(restored.engine.eventHash(), engine.eventHash(), 'it has other events');
  return [
    alone('records', '1', records),
    alone(
      'bytes',
      'B',
      parts.reduce((all, { length }) => all + length, 0),
    ),
    alone('frozenMs', 'ms', saving - freezing),
    alone('saveMs', 'ms', restoring - saving),
    alone('restoreMs', 'ms', done - restoring),
  ];
}

function written(state: StateReading): { parts: Uint8Array[]; records: number } {
  const partBytes = 1024 * 1024;
  const parts: Uint8Array[] = [];
  let records = 0;
  for (let isDone = false; !isDone; ) {
    const part = new PartWriter(partBytes * 1.1);
    while (!isDone && part.length < partBytes) {
      const read = state.read(500, part);
      records += read;
      isDone = read === 0;
    }
    parts.push(part.take());
  }
  return { parts, records };
}

export const cases: Record<string, () => Measured[] | Promise<Measured[]>> = {
  mixed: () => compare(drawFlow(1, usual)),
  deep: () => compare(drawFlow(2, { ...deep, resting: 100_000 }), 3),
  million,
  sweep: () => compare(drawFlow(3, { ...usual, ...sweeping, resting: 20_000, operations: 20_000 })),
  'cancel-heavy': () =>
    compare(drawFlow(4, { ...usual, cancels: 0.05, replaces: 0.9, crossing: 0.01 })),
  'many-markets': () =>
    compare(drawFlow(5, { ...usual, markets: 1_000, resting: 20_000, widthTicks: 100 })),
  credit,
  snapshot,
  steady: () => steadyOperations(10_000_000),
};
