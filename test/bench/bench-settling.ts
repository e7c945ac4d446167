/** How long trades of the demo traders take on a local exchange as `npm start` runs it: from their match to the ledger, into a batch that is sent, and until that is final. */
import { strict as assert } from 'node:assert';
import { setTimeout as sleep } from 'node:timers/promises';
import { createRest } from '#client/rest.ts';
import { getItems, keyText } from '#cloud/batch-items.ts';
import { batchesBehind, contentOf } from '#cloud/settlement-batches.ts';
import { readWatermark } from '#cloud/watermark-item.ts';
import { ledgerKeys } from '#wire/table-keys.ts';
import { withTable } from '../system/audit.ts';
import type { Exchange } from '../system/local-exchange.ts';
import { bootUnderTest, checkSums, endUnderTest } from './exchange-under-test.ts';
import { alone, type Benchmark, type Measured } from './figure.ts';

const fillsWanted = 50;
/** With fewer after so long, a machine is too busy to say anything. */
const fillsNeeded = 20;
const withinMs = 220_000;
/** What is seen by looking is late by half of it, on average. */
const lookMs = 100;
const tradesEveryMs = 5_000;
/** Functions load, bots pay in and quote. */
const settlingInMs = 20_000;
const stages = ['cleared', 'submitted', 'settled'] as const;

type Stage = (typeof stages)[number];
type Where = Parameters<typeof batchesBehind>[0] & { ledgerTable: string };

/** Everything that was seen, by when. */
class Watch {
  readonly exchange: Exchange;
  readonly where: Where;
  readonly beganMs = Date.now();
  /** Of each trade, by market and sequence. */
  readonly matchedMs = new Map<string, number>();
  readonly groupOf = new Map<string, string>();
  readonly cleared: { groupId: string; sequence: number; atMs: number }[] = [];
  readonly submittedMs = new Map<number, number>();
  readonly settledMs = new Map<number, number>();
  firstOpen = 0;

  constructor(exchange: Exchange, where: Where) {
    this.exchange = exchange;
    this.where = where;
  }

  async look(): Promise<void> {
    await Promise.all([this.lookAtBatches(), this.lookAtLedger()]);
  }

  /** What was matched before the watch began is left out. */
  async lookAtTrades(): Promise<void> {
    const rest = createRest({ apiUrl: this.exchange.apiUrl });
    for (const { market, group } of (await rest.markets()).markets) {
      this.groupOf.set(market, group);
      for (const { sequence, atMs } of (await rest.trades(market, { limit: 100 })).trades)
        if (atMs > this.beganMs) this.matchedMs.set(`${market} ${sequence}`, atMs);
    }
  }

  /** How long each trade took that is in a settled batch. */
  async durations(): Promise<Record<Stage, number>[]> {
    const all = await Promise.all([...this.settledMs.keys()].map((id) => this.durationsOf(id)));
    return all.flat();
  }

  private async durationsOf(batchId: number): Promise<Record<Stage, number>[]> {
    const { trades } = await contentOf(this.where, batchId);
    return trades.flatMap(({ groupId, marketId, sequence }) => {
      const matchedMs = this.matchedMs.get(`${marketId} ${sequence}`);
      const cleared = this.cleared.find(
        (seen) => seen.groupId === groupId && seen.sequence >= sequence,
      );
      if (matchedMs === undefined || !cleared) return [];
      const sinceMatch = (atMs: number | undefined) => (atMs ?? Number.NaN) - matchedMs;
      return [
        {
          cleared: sinceMatch(cleared.atMs),
          submitted: sinceMatch(this.submittedMs.get(batchId)),
          settled: sinceMatch(this.settledMs.get(batchId)),
        },
      ];
    });
  }

  private async lookAtBatches(): Promise<void> {
    const rows = await batchesBehind(this.where, this.firstOpen, 20);
    const nowMs = Date.now();
    for (const { batchId, status } of rows) {
      if (status !== 'planned' && !this.submittedMs.has(batchId))
        this.submittedMs.set(batchId, nowMs);
      if (status !== 'settled') continue;
      this.settledMs.set(batchId, nowMs);
      if (batchId === this.firstOpen + 1) this.firstOpen = batchId;
    }
  }

  private async lookAtLedger(): Promise<void> {
    const groupIds = [...new Set(this.groupOf.values())];
    const keys = groupIds.map(ledgerKeys.cursor);
    const items = await getItems(
      { client: this.where.client, table: this.where.ledgerTable },
      keys,
    );
    const atMs = Date.now();
    for (const [at, groupId] of groupIds.entries()) {
      const item = items.get(keyText(keys[at] as (typeof keys)[number]));
      const { lastSequence: sequence } = readWatermark(item?.['watermark']);
      const last = this.cleared.findLast((seen) => seen.groupId === groupId);
      if (sequence !== last?.sequence) this.cleared.push({ groupId, sequence, atMs });
    }
  }
}

async function watch(exchange: Exchange, where: Where): Promise<Measured[]> {
  await sleep(settlingInMs);
  const seen = new Watch(exchange, where);
  const untilMs = Date.now() + withinMs;
  let tradesAtMs = 0;
  let durations: Record<Stage, number>[] = [];
  while (durations.length < fillsWanted && Date.now() < untilMs) {
    if (Date.now() - tradesAtMs > tradesEveryMs) {
      await seen.lookAtTrades();
      durations = await seen.durations();
      tradesAtMs = Date.now();
    }
    await seen.look();
    await sleep(lookMs);
  }
  assert.ok(durations.length >= fillsNeeded, `only ${durations.length} trades settled in time`);
  return [
    ...stages.flatMap((stage) => {
      const ms = durations.map((of) => of[stage]).sort((a, b) => a - b);
      const quantile = (share: number) =>
        ms[Math.min(ms.length - 1, Math.floor(ms.length * share))] as number;
      return [
        alone(`${stage}P50Ms`, 'ms', quantile(0.5)),
        alone(`${stage}P99Ms`, 'ms', quantile(0.99)),
      ];
    }),
    alone('fills', '1', durations.length),
    alone('fillsPerBatch', '1', durations.length / seen.settledMs.size),
  ];
}

async function bots(): Promise<Measured[]> {
  const exchange = await bootUnderTest([]);
  const figures = await withTable(exchange, /chain/i, ({ client, table: chainTable }) =>
    withTable(exchange, /ledger(?!shadow)/i, ({ table: ledgerTable }) =>
      watch(exchange, { client, chainTable, ledgerTable }),
    ),
  );
  await checkSums(exchange);
  await endUnderTest(exchange);
  return figures;
}

export const benchmark: Benchmark = {
  about: `Some ${fillsWanted} trades of the demo traders at default settings, seen by looks at the tables every ${lookMs} ms: matched → cleared, → submitted, → settled.`,
  cases: { bots },
};
