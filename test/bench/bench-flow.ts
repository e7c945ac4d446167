/** An order's way through the whole local stack: from POST /v1/orders to the answer that comes after its frame is durable. */
import { strict as assert } from 'node:assert';
import type { BatchJson, PlacedJson, TimeJson } from '#wire/rest-api.ts';
import type { Exchange } from '../system/local-exchange.ts';
import { Trader } from '../system/trader.ts';
import { bootUnderTest, checkSums, endUnderTest } from './exchange-under-test.ts';
import { type Benchmark, beside, type Measured } from './figure.ts';

const market = 'ETH-USDC';
const price = '2000';
const traderCount = 8;
const concurrency = 8;
const warmUpRequests = 100;
const sequentialRequests = 300;
const concurrentRequests = 1_600;
const ordersPerBatch = 20;
const sequentialBatches = 30;
const concurrentBatches = 120;
const peerName = 'GET /v1/time';

type Request = { path: string; body?: string; check: (answer: unknown) => void };
/** Latencies of all requests and the time they took together. */
type Run = { ms: number[]; elapsedMs: number };

type Floor = { exchange: Exchange; traders: Trader[] };
let opened: Promise<Floor> | undefined;

/** The exchange without bots, and traders with funds; both cases share it. */
function floor(): Promise<Floor> {
  opened ??= open();
  return opened;
}

async function open(): Promise<Floor> {
  const exchange = await bootUnderTest(['--without', 'bots']);
  const traders: Trader[] = [];
  for (let count = 0; count < traderCount; count += 1) {
    const trader = await Trader.arrive(exchange.apiUrl);
    await trader.fund();
    traders.push(trader);
  }
  return { exchange, traders };
}

/** Orders of equal price and size, every second one on the other side: each two of them trade. */
async function signed({ traders }: Floor, count: number) {
  const orders = [];
  for (let at = 0; at < count; at += 1) {
    const trader = traders[at % traders.length] as Trader;
    // A trader's side changes from round to round, so that funds come back.
    const side = (at + Math.floor(at / traders.length)) % 2 ? 'buy' : 'sell';
    orders.push((await trader.signed({ market, side, price, size: '0.01' })).body);
  }
  return orders;
}

async function singles(given: Floor, count: number): Promise<Request[]> {
  const check = (answer: unknown) => {
    const { order } = answer as PlacedJson;
    assert.ok(order, `not accepted: ${JSON.stringify(answer)}`);
  };
  const orders = await signed(given, count);
  return orders.map((order) => ({ path: '/v1/orders', body: JSON.stringify(order), check }));
}

async function batches(given: Floor, count: number): Promise<Request[]> {
  const check = (answer: unknown) => {
    const { results } = answer as BatchJson;
    assert.equal(results.length, ordersPerBatch);
    for (const result of results)
      assert.ok('order' in result && result.order, `not accepted: ${JSON.stringify(result)}`);
  };
  const orders = await signed(given, count * ordersPerBatch);
  return Array.from({ length: count }, (_, at) => {
    const some = orders.slice(at * ordersPerBatch, (at + 1) * ordersPerBatch);
    return { path: '/v1/orders/batch', body: JSON.stringify({ orders: some }), check };
  });
}

function times(count: number): Request[] {
  const check = (answer: unknown) => assert.ok((answer as TimeJson).nowMs);
  return Array.from({ length: count }, () => ({ path: '/v1/time', check }));
}

async function send(apiUrl: string, { path, body, check }: Request): Promise<number> {
  const began = performance.now();
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(apiUrl + path, body ? { method: 'POST', headers, body } : {});
  const text = await response.text();
  const ms = performance.now() - began;
  assert.ok(response.ok, `${path} answered ${response.status}: ${text}`);
  check(JSON.parse(text));
  return ms;
}

/** Sends all requests, so many at a time. */
async function run(apiUrl: string, requests: Request[], atATime: number): Promise<Run> {
  const ms: number[] = [];
  const waiting = requests.values();
  const began = performance.now();
  const sender = async () => {
    for (const request of waiting) ms.push(await send(apiUrl, request));
  };
  await Promise.all(Array.from({ length: atATime }, sender));
  return { ms, elapsedMs: performance.now() - began };
}

function quantile({ ms }: Run, share: number): number {
  const sorted = [...ms].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] as number;
}

const rate = ({ ms, elapsedMs }: Run, perRequest: number): number =>
  (ms.length * perRequest * 1_000) / elapsedMs;

type Plan = {
  requests: (given: Floor, count: number) => Promise<Request[]>;
  sequential: number;
  concurrent: number;
  ordersPerRequest: number;
};

/** Requests one after another for latency, then several at a time for the rate; the peer right after each. */
async function measure(plan: Plan): Promise<Measured[]> {
  const given = await floor();
  const { apiUrl } = given.exchange;
  await run(
    apiUrl,
    [...times(warmUpRequests), ...(await singles(given, warmUpRequests))],
    concurrency,
  );

  const calm = await run(apiUrl, await plan.requests(given, plan.sequential), 1);
  const calmPeer = await run(apiUrl, times(plan.sequential), 1);
  const busy = await run(apiUrl, await plan.requests(given, plan.concurrent), concurrency);
  const busyPeer = await run(apiUrl, times(plan.concurrent), concurrency);
  await checkSums(given.exchange);

  const latency = (metric: string, share: number) => {
    const peer = { name: peerName, value: quantile(calmPeer, share) };
    return beside(metric, 'ms', quantile(calm, share), peer);
  };
  const peer = { name: peerName, value: rate(busyPeer, 1) };
  return [
    latency('p50Ms', 0.5),
    latency('p99Ms', 0.99),
    beside('ordersPerSec', '1/s', rate(busy, plan.ordersPerRequest), peer),
  ];
}

const singlePlan: Plan = {
  requests: singles,
  sequential: sequentialRequests,
  concurrent: concurrentRequests,
  ordersPerRequest: 1,
};

export const benchmark: Benchmark = {
  about:
    `POST of signed orders to their durable acknowledgement on the local stack without bots, each two orders trading; sequential latency, rate at concurrency ${concurrency}. ` +
    `Client and stack share this machine; signing and AWS's own latencies are left out. The peer is a function that does nothing, through the same front.`,
  cases: {
    single: () => measure(singlePlan),
    batch: () =>
      measure({
        requests: batches,
        sequential: sequentialBatches,
        concurrent: concurrentBatches,
        ordersPerRequest: ordersPerBatch,
      }),
    // Last, because the policy stays: freed funds wait in the engine for the next order, so that no grant is on its way.
    singleSticky: async () => {
      const { traders } = await floor();
      for (const trader of traders)
        await trader.rest.changeSettings(await trader.token(), { creditPolicy: 'sticky' });
      return measure(singlePlan);
    },
  },
  end: async () => {
    if (opened) await endUnderTest((await opened).exchange);
  },
};
