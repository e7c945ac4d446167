/** Holds what the journal's consumers wrote against the naive engine's replay: every row, every unit, every watermark. */

import type { Item } from '#cloud/batch-items.ts';
import { candleItem, doneOrderItems, fillItems, tradeItem } from '#cloud/history-item.ts';
import { tradesIn } from '#cloud/ledger-entry.ts';
import { readWatermark } from '#cloud/watermark-item.ts';
import { foldTrades } from '#domain/candle.ts';
import { netFrames } from '#domain/clearing.ts';
import type { EngineEvent, Trade } from '#domain/event.ts';
import type { Watermark } from '#wire/accept-record.ts';
import { feeAccount, historyKeys, ledgerKeys } from '#wire/table-keys.ts';
import { address } from '../engine/trading-floor.ts';
import { differs } from './difference.ts';
import type { Credits, Replay } from './naive-replay.ts';
import { stored } from './simulated-table.ts';
import {
  funds,
  groupId,
  type Seen,
  type SimulatedWorld,
  tables,
  traders,
} from './simulated-world.ts';

export function auditReaders(world: SimulatedWorld, replay: Replay, archived: Watermark): string[] {
  return [
    ...auditWatermarks(world, replay, archived),
    ...auditLedger(world, replay),
    ...world.seen.flatMap((seen) => auditFrozen(seen, replay)),
    ...auditHistory(world, replay),
  ];
}

/** Whoever read the journal, in whatever pieces, took the same records. */
function auditWatermarks(
  { table }: SimulatedWorld,
  { end }: Replay,
  archived: Watermark,
): string[] {
  const cursor = table.item(tables.ledger, ledgerKeys.cursor(groupId));
  const history = table.item(tables.history, historyKeys.watermark(groupId));
  return [
    ['settlement', readWatermark(cursor?.['watermark'])] as const,
    ['market-history', readWatermark(history?.['watermark'])] as const,
    ['archive', { ...archived, shardSequence: end.shardSequence }] as const,
  ].flatMap(([name, watermark]) => {
    const difference = differs(end, watermark);
    return difference ? [`${name} read another journal: ${difference}`] : [];
  });
}

/** The money: nothing pending, nothing made or lost, and each account has what all trades together give it. */
function auditLedger({ table }: SimulatedWorld, { frames, engine }: Replay): string[] {
  const items = table.items(tables.ledger);
  const problems: string[] = [];
  const sums = new Map<string, bigint>();
  const add = (asset: string, units: bigint) => sums.set(asset, (sums.get(asset) ?? 0n) + units);
  const found = new Map<string, bigint>();
  const entries = new Map<string, bigint[]>();
  for (const [key, item] of items) {
    const [pk = '', sk = ''] = key.split('|');
    const [kind = '', asset = ''] = sk.split('#');
    const account = pk.slice('ACCOUNT#'.length);
    if (pk.startsWith('PENDING#')) problems.push(`a grant is still pending: ${key}`);
    if (pk.startsWith('ENTRIES#')) gather(entries, item);
    if (kind === 'BALANCE') add(asset, unitsOf(item, 'available'));
    if (kind === 'BALANCE') found.set(`${account}#${asset} available`, unitsOf(item, 'available'));
    if (kind !== 'CREDIT') continue;
    add(asset, unitsOf(item, 'frozen') + unitsOf(item, 'pendingUnits'));
    found.set(`${account}#${asset} frozen`, unitsOf(item, 'frozen'));
  }
  for (const [asset, units] of sums) if (units !== 0n) problems.push(`${units} ${asset} were made`);
  const expected = expectedBalances(frames);
  const difference = differs(nonzero(expected), nonzero(found));
  if (difference) problems.push(`the ledger is not the journal's: ${difference}`);
  const inEngine = creditsOf(engine.credits());
  const frozen = differs(inEngine, nonzero(frozenOf(found)));
  if (frozen) problems.push(`frozen is not what the engine holds: ${frozen}`);
  return [...problems, ...auditEntries(entries, frames)];
}

const unitsOf = (item: Item, name: string): bigint => (item[name] as bigint | undefined) ?? 0n;

/** What netting the whole journal at once gives. */
function expectedBalances(frames: Replay['frames']): Map<string, bigint> {
  const expected = new Map<string, bigint>();
  const add = (key: string, units: bigint) => expected.set(key, (expected.get(key) ?? 0n) + units);
  for (const trader of traders)
    for (const [asset, units] of Object.entries(funds)) {
      add(`${address(trader)}#${asset} available`, units);
      add(`house:vault#${asset} available`, -units);
    }
  // Frame by frame: a run may hold one grant of an account only.
  for (const frame of frames)
    for (const change of netFrames([frame], feeAccount)) {
      const key = `${change.account}#${change.asset}`;
      const granted = change.granted?.units ?? 0n;
      add(`${key} available`, change.returnedUnits - granted);
      add(`${key} frozen`, granted - change.returnedUnits + change.tradedUnits);
    }
  return expected;
}

/** The trades that every account was told of in its entries, in all runs together. */
function auditEntries(entries: Map<string, bigint[]>, frames: Replay['frames']): string[] {
  const expected = new Map<string, bigint[]>();
  for (const frame of frames)
    for (const { account, lines } of netFrames([frame], feeAccount))
      for (const { sequence } of lines) listOf(expected, account).push(BigInt(sequence));
  const sorted = (lists: Map<string, bigint[]>) =>
    Object.fromEntries(
      [...lists].map(([name, list]) => [name, list.sort((a, b) => Number(a - b))]),
    );
  const difference = differs(sorted(expected), sorted(entries));
  return difference ? [`entries do not hold every trade once: ${difference}`] : [];
}

function gather(entries: Map<string, bigint[]>, item: Item): void {
  const account = String(item['pk']).slice('ENTRIES#'.length);
  for (const { sequence } of tradesIn(item)) listOf(entries, account).push(BigInt(sequence));
}

function listOf(lists: Map<string, bigint[]>, name: string): bigint[] {
  const list = lists.get(name) ?? [];
  lists.set(name, list);
  return list;
}

const frozenOf = (found: Map<string, bigint>): Map<string, bigint> =>
  new Map(
    [...found].flatMap(([key, units]): [string, bigint][] =>
      key.endsWith(' frozen') && !key.startsWith('house:')
        ? [[key.slice(0, -' frozen'.length), units]]
        : [],
    ),
  );

const nonzero = (units: Map<string, bigint>): Record<string, bigint> =>
  Object.fromEntries([...units].filter(([, each]) => each !== 0n));

function creditsOf(
  lines: Iterable<{ account: string; asset: string; freeUnits: number; heldUnits: number }>,
): Record<string, bigint> {
  const credits = new Map<string, bigint>();
  for (const { account, asset, freeUnits, heldUnits } of lines)
    credits.set(`${account}#${asset}`, BigInt(freeUnits + heldUnits));
  return nonzero(credits);
}

/** Amid the run: frozen = the engine's free + held where settlement stood. */
function auditFrozen({ watermark, frozen }: Seen, { credits }: Replay): string[] {
  const then: Credits | undefined = credits.get(watermark.lastSequence);
  if (!then) return [`settlement stood at ${watermark.lastSequence}, where no frame ends`];
  const held = new Map<string, bigint>();
  for (const [key, { freeUnits, heldUnits }] of then) held.set(key, BigInt(freeUnits + heldUnits));
  const difference = differs(nonzero(held), nonzero(frozen));
  return difference
    ? [`at frame ${watermark.frame} frozen is not what the engine held: ${difference}`]
    : [];
}

function auditHistory({ table }: SimulatedWorld, { done, engine }: Replay): string[] {
  const events = done.flatMap((each) => each.events);
  const trades = events.filter((event): event is Trade => event.type === 'trade');
  const expected = new Map<string, unknown>();
  for (const item of [...events.flatMap(rowsOf), ...foldTrades([], trades).map(candleItem)])
    expected.set(`${item['pk']}|${item['sk']}`, stored(item));
  const found = table.items(tables.history);
  const problems: string[] = [];
  const markets = new Map<string, unknown>();
  for (const key of [...found.keys()])
    if (key.startsWith('WATERMARK#')) found.delete(key);
    else if (key.startsWith('MARKETS|')) {
      markets.set(key, found.get(key)?.['state']);
      found.delete(key);
    }
  const difference = differs(expected, found);
  if (difference) problems.push(`history is not the journal's: ${difference}`);
  const states = engine
    .marketIds()
    .map((id): [string, unknown] => [`MARKETS|${id}`, engine.market(id)?.market.state]);
  const state = differs(new Map(states), markets);
  if (state) problems.push(`the directory of markets is not the engine's: ${state}`);
  return problems;
}

function rowsOf(event: EngineEvent): Item[] {
  if (event.type === 'order_done') return doneOrderItems(event);
  return event.type === 'trade' ? [tradeItem(event), ...fillItems(groupId, event)] : [];
}
