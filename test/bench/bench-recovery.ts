/**
 * A matcher's way back: replay of a journal's frames beside the engine's own speed over the same commands, and a recovery from a
 * snapshot of many resting orders with as many commands behind it. Left out: S3 and Kinesis, so bytes come from memory.
 */
import { strict as assert } from 'node:assert';
import type { JournalRecord } from '#cloud/journal-run.ts';
import { createSnapshotStore } from '#cloud/snapshot-store.ts';
import type { Command } from '#domain/command.ts';
import type { EngineEvent } from '#domain/event.ts';
import { acceptRecord, startOfJournal, type Watermark } from '#wire/accept-record.ts';
import { encodeEpoch, encodeFrame } from '#wire/journal-frame.ts';
import type { Engine } from '../../containers/matcher/engine/engine.ts';
import {
  createEngine,
  currentRulesVersion,
} from '../../containers/matcher/engine/matching-engine.ts';
import { fromTheBeginning, Replica } from '../../containers/matcher/replica.ts';
import { newestSnapshot } from '../../containers/matcher/snapshot-restore.ts';
import { writeSnapshot } from '../../containers/matcher/snapshot-taker.ts';
import { systemTimers as timers } from '../../containers/matcher/timers.ts';
import { seeded } from '../cloud/clearing-journal.ts';
import { MemoryBucket } from '../cloud/memory-bucket.ts';
import { base, plainMarket, quote } from '../engine/trading-floor.ts';
import { alone, type Benchmark, beside, type Measured } from './figure.ts';

const groupId = plainMarket.groupId;
const nonce = `0x${'ab'.repeat(16)}`;
const startMs = 1_700_000_000_000;
const commandsPerFrame = 500;
/** `CROSSBOOK_SCALE=0.1` for a look on a small machine. */
const scale = Number(process.env['CROSSBOOK_SCALE'] ?? 1);
const restingOrders = Math.round(1_000_000 * scale);
const laterCommands = Math.round(1_000_000 * scale);

export const benchmark: Benchmark = {
  about: `replay of frames, and recovery of ${restingOrders} resting orders and ${laterCommands} commands; from memory, without S3 and Kinesis`,
  cases: { replay: measureReplay, recovery: measureRecovery },
};

async function measureReplay(): Promise<Measured[]> {
  const commands = [...beginning(20_000), ...traffic(200_000 * scale, 20_000)];
  const journal = journalOf(commands, createEngine({ groupId }));
  // By turns, so that whatever else the machine does falls on both.
  let [own, replayed] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  const replay = () => {
    const from = fromTheBeginning(groupId, 1);
    const replica = new Replica({ groupId, cleared: startOfJournal, from });
    for (const record of journal.records) replica.take(record, false);
    assert.equal(replica.engine.eventHash(), journal.engine.eventHash());
  };
  for (let round = 0; round < 5; round += 1) {
    own = Math.min(
      own,
      bestOf(1, () => applyAll(createEngine({ groupId }), commands)),
    );
    replayed = Math.min(replayed, bestOf(1, replay));
  }
  const perSecond = (ms: number) => (commands.length * 1_000) / ms;
  return [
    beside('replayedPerSec', '1/s', perSecond(replayed), {
      name: 'the engine itself',
      value: perSecond(own),
    }),
  ];
}

async function measureRecovery(): Promise<Measured[]> {
  const engine = createEngine({ groupId });
  applyAll(engine, beginning(restingOrders));
  // What is remembered of these is forgotten by then.
  const at = startOfFrame(engine);
  const store = createSnapshotStore(new MemoryBucket());
  engine.freeze().end();
  const frozenMs = bestOf(3, () => engine.freeze().end());
  const writtenMs = await timed(async () => {
    const source = { state: engine.freeze(), late: [] };
    const clock = { nowMs: () => startMs };
    await writeSnapshot(source, at, { groupId, store, timers, clock });
  });
  const later = journalOf(traffic(laterCommands, restingOrders), engine, at);
  let restoredMs = 0;
  const recoveredMs = await timed(async () => {
    const beganMs = performance.now();
    const from = await newestSnapshot({
      ...{ groupId, hashSecret: 1, snapshots: store, cleared: at },
      records: async function* () {},
      unused: (why) => assert.fail(why),
    });
    assert(from);
    restoredMs = performance.now() - beganMs;
    const replica = new Replica({ groupId, cleared: at, from });
    for (const record of later.records) replica.take(record, false);
    assert.equal(replica.engine.eventHash(), later.engine.eventHash());
  });
  return [
    alone('frozenMsPer100k', 'ms', (frozenMs * 100_000) / restingOrders),
    alone('writtenSeconds', 's', writtenMs / 1_000),
    alone('restoredSeconds', 's', restoredMs / 1_000),
    alone('recoveredSeconds', 's', recoveredMs / 1_000),
  ];
}

/** A market, accounts with credit, and so many orders that rest far from each other's side. */
function beginning(orders: number): Command[] {
  const ordered = { by: 'bench', why: 'a benchmark' };
  const commands: Command[] = [
    {
      ...{ type: 'list_market', commandId: 'list', nowMs: startMs, ...ordered },
      ...{ market: plainMarket, base, quote },
    },
  ];
  for (let account = 0; account < accountsFor(orders); account += 1)
    for (const asset of ['ETH', 'USDC'])
      commands.push({
        ...{ type: 'grant', commandId: `grant:${account}:${asset}`, nowMs: startMs, asset },
        ...{ account: nameOf(account), grantNumber: 1, units: 2_000_000_000, clock: 1 },
      });
  for (let nth = 0; nth < orders; nth += 1) commands.push(placing(nth, nth, orders, startMs));
  return commands;
}

/** Places and cancels of the youngest order by turns, behind the resting ones in time. */
function traffic(count: number, resting: number): Command[] {
  const random = seeded(7);
  const commands: Command[] = [];
  const laterMs = startMs + 120_000;
  for (let nth = 0; commands.length < count; nth += 1) {
    const order = placing(
      resting + nth,
      random(accountsFor(resting)),
      resting,
      laterMs + nth / 100,
    );
    commands.push(order);
    if (nth % 10 === 9) continue;
    const { account, digest, nowMs } = order;
    const commandId = digestOf(cancelsFrom + nth);
    commands.push({ type: 'cancel', commandId, nowMs, account, digest });
  }
  return commands;
}

/** Digests of cancels are counted from here, behind those of all orders. */
const cancelsFrom = 2 ** 30;
const accountsFor = (orders: number) => Math.ceil(orders / 500);
const nameOf = (account: number) => `0x${(account + 1).toString(16).padStart(40, '0')}`;
/** Spread over all bits, as digests are. */
const digestOf = (nth: number) =>
  `0x${[1, 2, 3, 4, 5, 6, 7, 8].map((by) => (Math.imul(nth + 1, 0x9e3779b1 + by * 2) >>> 0).toString(16).padStart(8, '0')).join('')}`;

function placing(nth: number, by: number, orders: number, nowMs: number) {
  const account = nameOf(by % accountsFor(orders));
  const isBuy = nth % 2 === 0;
  const away = 1 + ((nth * 7_919) % 19_000);
  const limitTicks = isBuy ? 20_000 - away : 20_000 + away;
  const digest = digestOf(nth);
  const atMs = Math.floor(nowMs);
  return {
    ...{ type: 'place' as const, commandId: digest, nowMs: atMs, digest, account },
    ...{ marketId: plainMarket.id, side: isBuy ? ('buy' as const) : ('sell' as const) },
    ...{ orderType: 'limit' as const, timeInForce: 'gtc' as const, postOnly: false },
    ...{ selfTrade: 'expire_taker' as const, cap: 'base' as const, createdAtMs: atMs },
    ...{ expiresAtMs: startMs + 10 ** 10, maxFeeBps: 100 },
    amounts: { limitTicks, sizeLots: 5, spendUnits: 0, triggerTicks: 0, displayLots: 0 },
    signed: {
      ...{ account, signer: account, baseAsset: base.chainAsset, quoteAsset: quote.chainAsset },
      ...{ side: isBuy ? (0 as const) : (1 as const), cap: 0 as const },
      ...{ baseAmount: 5n, quoteAmount: BigInt(limitTicks * 5), maxFeeBps: 100 },
      ...{ createdAtMs: atMs, expiresAtMs: startMs + 10 ** 10, epoch: 0n, salt: BigInt(nth) },
      terms: 'ETH-USDC limit gtc',
    },
    signature: `0x${'cd'.repeat(65)}`,
  };
}

function applyAll(engine: Engine, commands: readonly Command[]): void {
  for (const command of commands) {
    engine.apply(command, (event) => {
      if (event.type === 'refused') assert.fail(`${command.type} ${event.code}`);
    });
  }
  engine.takeLevelChanges();
}

/** Where a snapshot of an engine is of, as if one frame had made it. */
function startOfFrame(engine: Engine): Watermark {
  const { sequence } = engine;
  const place = { epoch: 1, nonce, frame: 1, chain: `0x${'12'.repeat(32)}` };
  return { ...place, lastSequence: sequence, clock: 1, shardSequence: '1' };
}

/** The frames of commands that an engine applies now. */
function journalOf(commands: readonly Command[], engine: Engine, from = startOfJournal) {
  const records: JournalRecord[] = [];
  let state = from;
  const put = (data: Uint8Array) => {
    const record = { data, shardSequence: `${records.length + 2}`.padStart(20, '0') };
    const verdict = acceptRecord(groupId, state, record);
    if (verdict.type === 'stop') assert.fail(verdict.detail);
    state = verdict.state;
    records.push(record);
  };
  put(encodeEpoch({ groupId, epoch: state.epoch + 1, nonce: `0x${'cd'.repeat(16)}` }));
  for (let at = 0; at < commands.length; at += commandsPerFrame) {
    const outcomes = commands.slice(at, at + commandsPerFrame).map((command) => {
      const events: EngineEvent[] = [];
      engine.apply(command, (event) => void events.push(event));
      return { command, events };
    });
    put(
      encodeFrame({
        ...{ groupId, epoch: state.epoch, frame: state.frame + 1, outcomes },
        ...{ firstSequence: state.lastSequence + 1, lastSequence: engine.sequence },
        ...{ clock: state.clock + 1, atMs: outcomes[0]?.command.nowMs ?? 0 },
        ...{ rulesVersion: currentRulesVersion, previousHash: state.chain },
        eventHash: engine.eventHash(),
      }),
    );
  }
  return { records, engine };
}

function bestOf(rounds: number, work: () => void): number {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round += 1) {
    const beganMs = performance.now();
    work();
    best = Math.min(best, performance.now() - beganMs);
  }
  return best;
}

async function timed(work: () => Promise<void>): Promise<number> {
  const beganMs = performance.now();
  await work();
  return performance.now() - beganMs;
}
