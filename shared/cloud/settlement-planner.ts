/**
 * Plans the next batch: what is cleared and in no batch yet, in the order of `settlement-order.ts`, as much as the contract can settle
 * at once. Everything a batch holds comes from the journal and the operations, so whoever plans from one plan plans the same.
 */
import { assert } from '#domain/assertion.ts';
import type { Asset, AssetId } from '#domain/asset.ts';
import type { GroupId } from '#domain/market.ts';
import type { Digest } from '#domain/order.ts';
import type { Frame } from '#wire/journal-frame.ts';
import type { SettlementBatch } from '#wire/settlement-batch.ts';
import type { JournalFrames } from './journal-frames.ts';
import { digestsOf, type OrderLookup } from './settlement-building.ts';
import {
  type BatchContent,
  type Building,
  buildBatch,
  type PlannedTransfer,
  type Repair,
  settlingTrade,
} from './settlement-content.ts';
import {
  dueTrades,
  framesInOrder,
  mostThatFit,
  type SettledThrough,
  throughTrades,
} from './settlement-order.ts';
import {
  findOrders,
  type KnownOrder,
  keepOrders,
  ordersIn,
  restingIn,
} from './settlement-orders.ts';
import {
  type ClearedThrough,
  type Plan,
  readPlan,
  type SettlementWhere,
  writePlan,
} from './settlement-plan.ts';
import { sideBySide } from './side-by-side.ts';

export type Planning = {
  where: SettlementWhere;
  groupIds: readonly GroupId[];
  frames: JournalFrames;
  transfersDue(): Promise<PlannedTransfer[]>;
  repairsDue(): Promise<Repair[]>;
  restrictedAtMs(): Promise<number>;
  /** Until when nothing can have been matched behind a record of the group's stream that is not known here. */
  quietThroughMs(groupId: GroupId, afterShardSequence: string): Promise<number>;
  assets(): Promise<ReadonlyMap<AssetId, Asset>>;
  /** The order with its delegation, as the contract wants it. */
  batchOrders(orders: readonly KnownOrder[]): Promise<OrderLookup>;
  /** Whether the contract settles so much at once. */
  fits(batch: SettlementBatch): boolean;
  batchAgeMs: number;
  nowMs(): number;
  /** Of the newest block: nothing may be claimed of a time that the chain has not seen. */
  chainNowMs(): Promise<number>;
};

export type Planned =
  | { status: 'planned'; batchId: number }
  /** Frames without anything to settle are passed. */
  | { status: 'moved' }
  /** Somebody else planned meanwhile. */
  | { status: 'raced' }
  /** What there is may be joined by more; in so many ms it is a batch as it is. */
  | { status: 'young'; forMs: number }
  | { status: 'nothing' };

/** Frames of a group that are read at a time, and trades of them that are looked at: more than 15 M gas settle. */
const framesAtOnce = 2_000;
const tradesAtMost = 1_000;
const groupsAtOnce = 4;

type Read = { groupId: GroupId; frames: Frame[]; isWhole: boolean; cleared: ClearedThrough };

export async function planOnce(planning: Planning): Promise<Planned> {
  const { where, groupIds } = planning;
  const { plan, cleared } = await readPlan(where, groupIds);
  // After the plan: what was posted before its cut may be spent in it.
  const transfers = await planning.transfersDue();
  const repairs = await planning.repairsDue();
  const restrictedAtMs = await planning.restrictedAtMs();
  const read = await sideBySide(groupIds, groupsAtOnce, (groupId) =>
    readBehind(planning.frames, groupId, plan, cleared.get(groupId)),
  );
  const ordered = framesInOrder(read);
  const due = dueTrades(ordered, plan.through).slice(0, tradesAtMost);
  const content = {
    transfers,
    repairs,
    trades: due.map(({ groupId, trade }) => settlingTrade(groupId, trade)),
  };
  const isRestricted = restrictedAtMs > plan.matchedThroughMs;
  const others = transfers.length + repairs.length;
  const isDue = due.length + others > 0;
  if (!isDue && !isRestricted) return pass(planning, plan, ordered);

  const known = await knownOrders(planning, ordered, content);
  const building = {
    orderOf: await planning.batchOrders([...known.values()]),
    assets: await planning.assets(),
  };
  const count = mostThatFit(due.length, (most) =>
    planning.fits(built(plan, content, most, building)),
  );
  // What comes before the trades may fill a batch by itself; they are in the next one.
  const isCut = count > 0 || due.length === 0 || others > 0;
  assert(isCut, `trade ${due[0]?.trade.sequence} does not fit a batch`);
  const isAll =
    count === due.length && due.length < tradesAtMost && read.every(({ isWhole }) => isWhole);
  const first = Math.min(...due.map(({ trade }) => trade.atMs));
  const forMs = first + planning.batchAgeMs - planning.nowMs();
  const isUrgent = isRestricted || others > 0;
  if (isAll && !isUrgent && forMs > 0) return { status: 'young', forMs };

  const through = throughTrades(ordered, plan.through, count);
  const matchedThroughMs = await matchedThrough(planning, plan, { read, through, restrictedAtMs });
  // A batch of nothing is worth its gas only where it lets the act take effect.
  if (!isDue && matchedThroughMs < restrictedAtMs) return pass(planning, plan, ordered);
  const batchContent = { ...content, trades: content.trades.slice(0, count) };
  await keepOrders(planning.where, ordersToKeep(ordered, through, batchContent, known));
  const batchId = plan.nextBatch;
  const batch = { batchId, matchedThroughMs, plannedAtMs: planning.nowMs(), content: batchContent };
  const isWritten = await writePlan(where, plan, { matchedThroughMs, through }, batch);
  return isWritten ? { status: 'planned', batchId } : { status: 'raced' };
}

async function readBehind(
  frames: JournalFrames,
  groupId: GroupId,
  plan: Plan,
  cleared: ClearedThrough = { frame: 0, shardSequence: '' },
): Promise<Read> {
  const afterFrame = plan.through.get(groupId)?.frame ?? 0;
  assert(cleared.frame >= afterFrame, `${groupId}: planned to ${afterFrame}, which is not cleared`);
  const toFrame = Math.min(cleared.frame, afterFrame + framesAtOnce);
  const isWhole = toFrame === cleared.frame;
  if (toFrame === afterFrame) return { groupId, frames: [], isWhole, cleared };
  const { shardSequence: toShardSequence } = cleared;
  const behind = await frames({ groupId, afterFrame, toFrame, toShardSequence });
  return { groupId, frames: behind, isWhole, cleared };
}

/** Frames that settle nothing are passed without a batch; their orders are kept first. */
async function pass(planning: Planning, plan: Plan, ordered: readonly Frame[]): Promise<Planned> {
  if (ordered.length === 0) return { status: 'nothing' };
  const through = throughTrades(ordered, plan.through, 0);
  const passed = ordered.filter(({ groupId, frame }) => frame <= frameOf(through, groupId));
  await keepOrders(planning.where, restingIn(passed));
  const { matchedThroughMs } = plan;
  const isWritten = await writePlan(planning.where, plan, { matchedThroughMs, through }, undefined);
  return { status: isWritten ? 'moved' : 'raced' };
}

/** Every order that the content names: placed in these frames, or kept when an earlier one was passed. */
async function knownOrders(
  { where }: Planning,
  ordered: readonly Frame[],
  content: BatchContent,
): Promise<Map<Digest, KnownOrder>> {
  const placed = ordersIn(ordered);
  const wanted = digestsOf([...content.repairs.map(({ trade }) => trade), ...content.trades]);
  const known = new Map<Digest, KnownOrder>();
  for (const digest of wanted) {
    const order = placed.get(digest);
    if (order) known.set(digest, order);
  }
  const kept = await findOrders(
    where,
    wanted.filter((digest) => !known.has(digest)),
  );
  for (const digest of wanted) {
    const order = known.get(digest) ?? kept.get(digest);
    assert(order, `order ${digest} is filled and nobody kept it`);
    known.set(digest, order);
  }
  return known;
}

function ordersToKeep(
  ordered: readonly Frame[],
  through: ReadonlyMap<GroupId, SettledThrough>,
  content: BatchContent,
  known: ReadonlyMap<Digest, KnownOrder>,
): KnownOrder[] {
  const passed = ordered.filter(({ groupId, frame }) => frame <= frameOf(through, groupId));
  const resting = restingIn(passed).map((order) => [order.digest, order] as const);
  const filled = digestsOf(content.trades).flatMap((digest) => {
    const order = known.get(digest);
    return order ? [[digest, order] as const] : [];
  });
  return [...new Map([...resting, ...filled]).values()];
}

const frameOf = (through: ReadonlyMap<GroupId, SettledThrough>, groupId: GroupId): number =>
  through.get(groupId)?.frame ?? 0;

/** What the batch would be with the first trades only, as large as it can get: nobody knows yet who is insured. */
function built(
  plan: Plan,
  content: BatchContent,
  most: number,
  building: Building,
): SettlementBatch {
  const trades = content.trades.slice(0, most);
  const { nextBatch: batchId, matchedThroughMs } = plan;
  const head = { batchId, matchedThroughMs };
  return buildBatch(head, { ...content, trades }, new Map(), building).batch;
}

/**
 * Until when every match is in this batch or an earlier one: before the first frame of each group that is not planned whole.
 * Of a group that is planned to its end, up to its last frame; further only where an act waits, for that takes a look at its stream.
 */
async function matchedThrough(
  planning: Planning,
  plan: Plan,
  of: {
    read: readonly Read[];
    through: ReadonlyMap<GroupId, SettledThrough>;
    restrictedAtMs: number;
  },
): Promise<number> {
  const { read, through, restrictedAtMs } = of;
  const times = await sideBySide(read, groupsAtOnce, async (group) => {
    const { groupId, frames, isWhole, cleared } = group;
    const next = frames.find(({ frame }) => frame > frameOf(through, groupId));
    if (next) return next.atMs - 1;
    const last = frames.at(-1);
    const known = last ? last.atMs - 1 : plan.matchedThroughMs;
    if (!isWhole || restrictedAtMs <= known) return known;
    return Math.max(known, await planning.quietThroughMs(groupId, cleared.shardSequence));
  });
  const matchedMs = Math.min(...times, await planning.chainNowMs());
  return Math.max(plan.matchedThroughMs, matchedMs);
}
