/**
 * Hash of what future trading depends on. The clock, the sequence to come and what is remembered of the past are left out,
 * so that a refusal leaves it unchanged.
 */
import { unreachable } from '#domain/assertion.ts';
import type { Engine } from './engine.ts';
import { foldTerms } from './fold-terms.ts';
import { HashLanes } from './hash-lanes.ts';
import { digestWords, type NameWords, nameWords, readDigest } from './name-words.ts';
import type { MarketRecord, OrderRecord, SnapshotRecord, Work } from './snapshot-record.ts';

export function hashState({ save }: Pick<Engine, 'save'>): string {
  const into = new HashLanes();
  save((record) => foldRecord(into, record));
  return into.digest();
}

/** Folds the next of an engine's records; the last one's digest is the state hash. */
export function foldRecord(into: HashLanes, record: SnapshotRecord): void {
  switch (record.kind) {
    case 'market':
      into.text(record.kind);
      foldMarket(into, record);
      return;
    case 'order':
      into.text(record.kind);
      foldOrder(into, record);
      return;
    case 'credit':
      // A line that was never granted and is empty is no credit: nothing tells it from none.
      into.text(record.kind);
      into.text(record.account);
      into.text(record.asset);
      into.integer(record.freeUnits);
      into.integer(record.heldUnits);
      into.integer(record.grantNumber);
      into.integer(record.returnNumber);
      into.integer(record.returnedUnits);
      return;
    case 'fee_tier':
      into.text(record.kind);
      into.integer(record.tier);
      into.integer(record.makerFeeBps);
      into.integer(record.takerFeeBps);
      return;
    case 'account_tier':
      into.text(record.kind);
      into.text(record.account);
      into.integer(record.tier);
      return;
    case 'switch':
      into.text(record.kind);
      into.text(record.account);
      into.integer(record.dueMs);
      return;
    case 'delegation':
      into.text(record.kind);
      into.text(record.account);
      foldDigest(into, record.digest);
      into.integer(record.openUnits);
      into.integer(record.matchedUnits);
      into.integer(record.day);
      return;
    case 'work':
      into.text(record.kind);
      foldWork(into, record.work);
      return;
    case 'clock':
    case 'remembered':
    case 'ended':
      return;
    default:
      unreachable(record);
  }
}

function foldMarket(into: HashLanes, record: MarketRecord): void {
  foldTerms(into, record);
  into.integer(record.untilMs);
  into.integer(record.lastTicks);
  into.integer(record.referenceTicks);
  into.integer(record.window.length);
  for (const { part, lots, tickLots } of record.window) {
    into.integer(part);
    into.integer(lots);
    into.integer(tickLots);
  }
}

function foldOrder(into: HashLanes, order: OrderRecord): void {
  foldDigest(into, order.digest);
  if (order.clientOrderId === undefined) into.word(0);
  else into.text(order.clientOrderId);
  foldName(into, order.account);
  foldName(into, order.marketId);
  foldName(into, order.place);
  foldName(into, order.side);
  foldName(into, order.orderType);
  foldName(into, order.timeInForce);
  into.word(order.postOnly ? 1 : 0);
  foldName(into, order.selfTrade);
  into.word(order.limitTicks);
  into.word(order.triggerTicks);
  into.integer(order.sizeLots);
  into.integer(order.displayLots);
  into.integer(order.spendUnits);
  into.integer(order.filledLots);
  into.integer(order.filledQuoteUnits);
  into.integer(order.feeUnits);
  into.integer(order.createdAtMs);
  into.integer(order.expiresAtMs);
  into.word(order.makerFeeBps);
  into.word(order.takerFeeBps);
  into.integer(order.admitted);
  into.integer(order.heldUnits);
  into.integer(order.shownLots);
  // Of the few that have one: the hash of a state without any is what it was before there were delegations.
  if (order.delegation !== undefined) {
    into.text('delegation');
    foldDigest(into, order.delegation);
  }
}

const digestBits = new Int32Array(digestWords);

function foldDigest(into: HashLanes, digest: string): void {
  if (readDigest(digest, digestBits)) into.words(digestBits, digestWords);
  else into.text(digest);
}

/** A name is folded as two words: its characters are paid for once, not with every order that mentions it. */
function foldName(into: HashLanes, name: string): void {
  let words = names.get(name);
  if (!words) {
    words = nameWords(name);
    if (names.size >= namesKept) names.clear();
    names.set(name, words);
  }
  into.word(words.left);
  into.word(words.right);
}

const names = new Map<string, NameWords>();
/** 100 bytes each. */
const namesKept = 65_536;

function foldWork(into: HashLanes, work: Work): void {
  into.text(work.work);
  switch (work.work) {
    case 'match':
      into.text(work.digest);
      into.integer(work.bandLowTicks);
      into.integer(work.bandHighTicks);
      into.integer(work.haltLowTicks);
      into.integer(work.haltHighTicks);
      return;
    case 'cancel_all':
      into.text(work.account);
      into.text(work.marketId ?? '');
      into.text(work.side ?? '');
      return;
    case 'uncross':
      into.text(work.marketId);
      into.integer(work.priceTicks);
      into.integer(work.leftLots);
      into.text(work.reason);
      return;
    case 'cascade':
    case 'close':
      into.text(work.marketId);
      return;
    default:
      unreachable(work);
  }
}
