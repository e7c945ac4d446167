import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { EngineEvent } from '#domain/event.ts';
import { foldEvent } from '../../containers/matcher/engine/event-hash.ts';
import { HashLanes } from '../../containers/matcher/engine/hash-lanes.ts';
import { createEngine } from '../../containers/matcher/engine/matching-engine.ts';
import type { SnapshotRecord, Work } from '../../containers/matcher/engine/snapshot-record.ts';
import { foldRecord } from '../../containers/matcher/engine/state-hash.ts';
import { anyEvent } from '../wire/journal-arbitraries.ts';
import {
  address,
  base,
  digest,
  type Placing,
  plainMarket,
  quote,
  TradingFloor,
} from './trading-floor.ts';

function hashOf(events: EngineEvent[]): string {
  const lanes = new HashLanes();
  for (const event of events) foldEvent(lanes, event);
  return lanes.digest();
}

/** Every variant of an event with one field changed, however deep. */
function* withOneChange<T extends object>(value: T): Generator<T> {
  for (const [key, field] of Object.entries(value)) {
    // What kind of event or work it is, of a closed list.
    if ((key === 'type' || key === 'work') && typeof field !== 'object') continue;
    if (Array.isArray(field)) {
      for (const [at, each] of field.entries()) {
        for (const changed of withOneChange(each))
          yield { ...value, [key]: field.with(at, changed) };
      }
    } else if (typeof field === 'object') {
      for (const changed of withOneChange(field as object)) yield { ...value, [key]: changed };
    } else if (typeof field === 'boolean') yield { ...value, [key]: !field };
    else if (typeof field === 'number') yield { ...value, [key]: field + (field > 0 ? -1 : 1) };
    else yield { ...value, [key]: otherText(key, field) };
  }
}

function otherText(key: string, text: string): string {
  // The list of codes is closed: a text that is none of them is no change of code.
  if (key === 'code') return text === 'balance_too_low' ? 'not_owner' : 'balance_too_low';
  return `${text}x`;
}

describe('the event hash', () => {
  test('changes with every field of every event', () => {
    fc.assert(
      fc.property(anyEvent, (event) => {
        for (const changed of withOneChange(event)) {
          expect(hashOf([changed]), JSON.stringify(changed)).not.toBe(hashOf([event]));
        }
      }),
      { numRuns: 300 },
    );
  });

  test('changes with the order and the count of events', () => {
    const [one, other] = fc.sample(anyEvent, { numRuns: 2, seed: 3 }) as [EngineEvent, EngineEvent];
    const hashes = [[], [one], [other], [one, other], [other, one], [one, one]].map(hashOf);
    expect(new Set(hashes).size).toBe(hashes.length);
  });

  test('is the same on every machine', () => {
    const lanes = new HashLanes();
    for (const integer of [0, -1, 2 ** 32, Number.MAX_SAFE_INTEGER]) lanes.integer(integer);
    for (const text of ['', 'a', 'ab', 'ETH-USDC', 'ä€']) lanes.text(text);
    expect(lanes.digest()).toBe('176bbb1e2a2b1912');
  });

  test('tells neighbouring texts apart', () => {
    const hashOfTexts = (texts: string[]) => {
      const lanes = new HashLanes();
      for (const text of texts) lanes.text(text);
      return lanes.digest();
    };
    const splits = [['abcd'], ['ab', 'cd'], ['a', 'bcd'], ['abcd', ''], ['', 'abcd']];
    expect(new Set(splits.map(hashOfTexts)).size).toBe(splits.length);
  });
});

describe('the state hash', () => {
  const alice = address('alice');
  /** The hash after one resting order. */
  function hashWith(placing: Placing, market = {}, laterMs = 0): string {
    const floor = new TradingFloor(createEngine(), market);
    for (const name of ['alice', 'bob']) {
      floor.grant(address(name), 'USDC', 10_000);
      floor.grant(address(name), 'ETH', 10_000);
    }
    floor.nowMs += laterMs;
    floor.place(placing);
    return floor.engine.stateHash();
  }

  test.each<[string, Placing]>([
    ['its digest', { commandId: digest(8) }],
    ['its owner', { account: address('bob') }],
    ['its own id', { clientOrderId: 'mine' }],
    ['its side', { side: 'sell' }],
    ['its price', { limitTicks: 101 }],
    ['its size', { sizeLots: 2 }],
    ['its expiry', { expiresAtMs: 2_000_000 }],
    ['the time it was signed', { createdAtMs: 1_000_001 }],
    ['whose leave it was signed by', { delegation: { digest: digest(9), limitUnits: 1_000 } }],
  ])('changes with an order by %s', (_, placing) => {
    expect(hashWith({ ...placing })).not.toBe(hashWith({}));
  });

  test('changes with every term of a market', () => {
    const terms = [
      { baseUnitsPerLot: 2 },
      { quoteUnitsPerTickLot: 2 },
      { minSizeLots: 2 },
      { minNotionalUnits: 2 },
      { makerFeeBps: 2 },
      { takerFeeBps: 2 },
      { state: 'halted' as const },
    ];
    // Too dear and refused, so that only the terms differ.
    const refused = { sizeLots: 1_000_000 };
    const hashes = [{}, ...terms].map((market) => hashWith(refused, market));
    expect(new Set(hashes).size).toBe(hashes.length);
  });

  test('does not change with the clock or with what was refused', () => {
    const signed = { createdAtMs: 1_000_000, expiresAtMs: 9_000_000 };
    expect(hashWith(signed, {}, 5)).toBe(hashWith(signed, {}, 0));
    const floor = new TradingFloor(createEngine());
    floor.grant(alice, 'USDC', 10_000);
    const before = floor.engine.stateHash();
    floor.place({ sizeLots: 1_000_000 });
    floor.tick(70_000);
    expect(floor.engine.stateHash()).toBe(before);
  });

  test('changes with the place in the queue', () => {
    const floors = [
      [1, 2],
      [2, 1],
    ].map((numbers) => {
      const floor = new TradingFloor(createEngine());
      floor.grant(alice, 'USDC', 10_000);
      for (const number of numbers) floor.place({ commandId: digest(number) });
      return floor.engine.stateHash();
    });
    expect(floors[0]).not.toBe(floors[1]);
  });
});

describe('the state hash, record by record,', () => {
  const alice = address('alice');
  const order = {
    digest: digest(1),
    account: alice,
    marketId: 'ETH-USDC',
    clientOrderId: 'mine',
    delegation: digest(2),
    side: 'buy',
    orderType: 'stop_limit',
    timeInForce: 'gtc',
    postOnly: false,
    selfTrade: 'expire_taker',
    limitTicks: 9,
    triggerTicks: 8,
    sizeLots: 7,
    displayLots: 6,
    spendUnits: 5,
    filledLots: 4,
    filledQuoteUnits: 3,
    feeUnits: 2,
    createdAtMs: 1,
    expiresAtMs: 2,
    place: 'book',
    makerFeeBps: 3,
    takerFeeBps: 4,
    admitted: 5,
    heldUnits: 6,
    shownLots: 7,
  } as const;
  const market = {
    ...plainMarket,
    bandBps: 1,
    haltBps: 2,
    haltWindowMs: 3,
    haltMs: 4,
    auctionMs: 5,
  };
  const window = [
    { part: 1, lots: 2, tickLots: 3 },
    { part: 4, lots: 5, tickLots: 6 },
  ];
  const marketId = market.id;
  const bounds = { bandLowTicks: 1, bandHighTicks: 2, haltLowTicks: 3, haltHighTicks: 4 };
  const uncross = { marketId, priceTicks: 1, leftLots: 2, reason: 'schedule' } as const;
  const works: Work[] = [
    { work: 'match', digest: digest(1), ...bounds },
    { work: 'cancel_all', account: alice, marketId, side: 'buy' },
    { work: 'cascade', marketId },
    { work: 'uncross', ...uncross },
    { work: 'close', marketId },
  ];
  const line = { freeUnits: 1, heldUnits: 2, grantNumber: 3, returnNumber: 4, returnedUnits: 5 };
  const prices = { untilMs: 1, lastTicks: 2, referenceTicks: 3 };
  const counted = { openUnits: 1, matchedUnits: 2, day: 3 };
  const records: SnapshotRecord[] = [
    { kind: 'market', market, base, quote, ...prices, window },
    { kind: 'order', ...order },
    { kind: 'credit', account: alice, asset: 'ETH', ...line },
    { kind: 'fee_tier', tier: 1, makerFeeBps: 2, takerFeeBps: 3 },
    { kind: 'account_tier', account: alice, tier: 1 },
    { kind: 'switch', account: alice, dueMs: 1 },
    { kind: 'delegation', account: alice, digest: digest(2), ...counted },
    ...works.map((work) => ({ kind: 'work' as const, work })),
  ];

  test.each(records)('changes with every field of $kind $work.work', (record) => {
    const hashOfRecord = (one: SnapshotRecord) => {
      const lanes = new HashLanes();
      foldRecord(lanes, one);
      return lanes.digest();
    };
    const { kind, ...fields } = record;
    const changes = [...withOneChange(fields)];
    expect(changes.length).toBeGreaterThan(0);
    for (const changed of changes) {
      const other = { kind, ...changed } as SnapshotRecord;
      expect(hashOfRecord(other), JSON.stringify(other)).not.toBe(hashOfRecord(record));
    }
  });
});
