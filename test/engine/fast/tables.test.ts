/** The core's tables, asked through an engine over them, beside plain maps and arrays that do the same. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { rawOrderAt } from '#domain/raw-order.ts';
import { toHex } from '#wire/hex-digits.ts';
import {
  rawNamesRow,
  requestAt,
  requestRow,
} from '../../../containers/matcher/engine/fast/core-layout.ts';
import {
  createFastEngine,
  restoreFastEngine,
} from '../../../containers/matcher/engine/fast/fast-engine.ts';
import { FastState } from '../../../containers/matcher/engine/fast/fast-state.ts';
import {
  requestNames,
  writeCancelNames,
  writeOrderNames,
} from '../../../containers/matcher/engine/fast/raw-names.ts';
import { memoryMs } from '../../../containers/matcher/engine/limits.ts';
import type { SnapshotRecord } from '../../../containers/matcher/engine/snapshot-record.ts';
import { DepthMirror } from '../depth-mirror.ts';
import { address, digest, type Placing, TradingFloor } from '../trading-floor.ts';

/** Places an order and answers its digest. */
function placed(floor: TradingFloor, placing: Placing): string {
  const order = floor.placing(placing);
  floor.apply(order);
  return order.commandId;
}

/** Orders that expire within so long, in their turn. */
function expired(floor: TradingFloor, withinMs: number): string[] {
  const events = floor.tick(withinMs);
  // A tick has its bound on events as well.
  while ((floor.engine.nextDueMs() ?? Infinity) <= floor.nowMs) events.push(...floor.tick());
  return events.flatMap((event) =>
    event.type === 'order_done' && event.reason === 'expired' ? [event.digest] : [],
  );
}

const funded = (hashSecret = 1) => {
  const floor = new TradingFloor(createFastEngine({ hashSecret }));
  floor.grant(address('alice'), 'USDC', 2 ** 50);
  floor.grant(address('bob'), 'ETH', 2 ** 40);
  return floor;
};

test('ids are found while they are remembered, and no other is, whatever comes and goes', () => {
  const laterMs = fc.constantFrom(0, 1, 1_000, memoryMs / 4);
  const deeds = fc.array(fc.tuple(laterMs, fc.integer({ min: 0, max: 40 })), {
    minLength: 20,
    maxLength: 150,
  });
  fc.assert(
    fc.property(deeds, fc.integer(), (drawn, secret) => {
      const floor = funded(secret);
      const remembered = new Map<number, number>();
      for (const [later, number] of drawn) {
        floor.nowMs += later;
        for (const [each, atMs] of remembered) {
          if (atMs < floor.nowMs - memoryMs) remembered.delete(each);
        }
        const account = address('alice');
        const command = { commandId: digest(number), nowMs: floor.nowMs, account };
        // Of an order that is not there: the answer is remembered all the same.
        floor.apply({ type: 'cancel', ...command, digest: digest(number + 100) });
        if (!remembered.has(number)) remembered.set(number, floor.nowMs);
        for (let each = 0; each <= 40; each += 1) {
          const isKnown = floor.engine.firstResult(digest(each)) !== undefined;
          expect(isKnown, `${each}`).toBe(remembered.has(each));
        }
      }
    }),
    { numRuns: 10 },
  );
});

test('an order that ended is told as long as its id is remembered, to the millisecond, by a restored engine as well', () => {
  const floor = funded();
  const account = address('alice');
  const order = placed(floor, { account, limitTicks: 90, sizeLots: 3 });
  floor.nowMs += 1_000;
  floor.cancel(order, account);
  const records: SnapshotRecord[] = [];
  floor.engine.save((record) => records.push(structuredClone(record)));
  const endedAtMs = floor.nowMs;

  for (const engine of [floor.engine, restoreFastEngine(records, { hashSecret: 2 })]) {
    const at = (nowMs: number, number: number) => {
      const commandId = digest(number);
      engine.apply({ type: 'cancel', commandId, account, digest: order, nowMs }, () => {});
      engine.validate();
      return [engine.firstResult(order) !== undefined, engine.order(order)?.status];
    };
    expect(at(endedAtMs - 1_000 + memoryMs, 900)).toEqual([true, 'cancelled']);
    expect(at(endedAtMs - 999 + memoryMs, 901)).toEqual([false, 'cancelled']);
    expect(at(endedAtMs + memoryMs, 902)).toEqual([false, 'cancelled']);
    expect(at(endedAtMs + memoryMs + 1, 903)).toEqual([false, undefined]);
  }
});

/** The account that the core finds for an order of that address. */
function accountOf({ core }: FastState, address: Uint8Array): number {
  const bytes = new Uint8Array(rawOrderAt.account + address.length);
  bytes.set(address, rawOrderAt.account);
  writeOrderNames({ bytes, at: 0 }, core, requestNames);
  core.calls.resolveRaw(requestAt, requestNames.row, 1);
  core.calls.settleRequest(requestAt);
  return core.int(requestAt, requestRow.account);
}

test('accounts are found by the bytes of their addresses, and no other is, under any secret', () => {
  const bytesOf = fc.uint8Array({ minLength: 20, maxLength: 20 });
  // Addresses of one byte that is not 0 among many that are: whoever looks at a part of them only confuses two.
  const alike = fc.tuple(fc.nat(19), fc.integer({ min: 1, max: 255 })).map(([place, value]) => {
    const bytes = new Uint8Array(20);
    bytes[place] = value;
    return bytes;
  });
  const known = fc.uniqueArray(fc.oneof(alike, bytesOf), { selector: toHex, maxLength: 200 });
  fc.assert(
    fc.property(known, fc.integer(), (addresses, secret) => {
      const state = new FastState({ hashSecret: secret });
      state.accountFor('house');
      const rows = addresses.map((each) => {
        expect(accountOf(state, each)).toBe(0);
        return state.accountFor(toHex(each));
      });
      expect(addresses.map((each) => accountOf(state, each))).toEqual(rows);
    }),
    { numRuns: 50 },
  );
});

test('what a cancel names is read where it is digests and an address, and from no other text', () => {
  const { core } = new FastState({ hashSecret: 1 });
  const nameOf = (bytes: number) =>
    fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((each) => toHex(each));
  // One character more, less or another; those beside figures and letters are the likeliest to pass for one.
  const spoilt = fc
    .tuple(fc.nat(200), fc.constantFrom(...'/:@G`ghoAFXx \u0130\u00e9', ''), fc.boolean())
    .map(([place, character, isMore]) => (text: string) => {
      const at = place % text.length;
      return text.slice(0, at) + character + text.slice(isMore ? at : at + 1);
    });
  const asTold = fc.constant((text: string) => text);
  const names = fc.tuple(nameOf(32), nameOf(20), nameOf(32), fc.oneof(asTold, spoilt), fc.nat(2));
  fc.assert(
    fc.property(names, ([ownId, owner, order, spoil, nth]) => {
      const [commandId = '', account = '', digest = ''] = [ownId, owner, order].map(
        (text, place) => (place === nth ? spoil(text) : text),
      );
      const isName = (text: string, bytes: number) =>
        text.length === 2 + 2 * bytes && /^0x[0-9a-f]*$/.test(text);
      const areNames = isName(commandId, 32) && isName(account, 20) && isName(digest, 32);
      expect(writeCancelNames({ commandId, account, digest }, core, requestNames)).toBe(areNames);
      if (!areNames) return;
      const bytesOf = (field: number, bytes: number) => {
        const from = core.int(requestNames.row, field);
        return toHex(core.bytes(from, from + bytes));
      };
      expect(bytesOf(rawNamesRow.id, 32)).toBe(commandId);
      expect(bytesOf(rawNamesRow.account, 20)).toBe(account);
      expect(bytesOf(rawNamesRow.target, 32)).toBe(digest);
    }),
    { numRuns: 500 },
  );
});

describe.each(['buy', 'sell'] as const)('the ladder of those who %s', (side) => {
  test('keeps its levels in order, near and far', () => {
    const price = fc.oneof(
      fc.integer({ min: 1, max: 200 }),
      fc.integer({ min: 1, max: 2 ** 31 - 1 }),
    );
    const deeds = fc.array(fc.tuple(fc.boolean(), price), { maxLength: 120 });
    fc.assert(
      fc.property(deeds, (drawn) => {
        const floor = funded();
        const account = address(side === 'buy' ? 'alice' : 'bob');
        const levels = new Map<number, string>();
        for (const [, limitTicks] of drawn) {
          const known = levels.get(limitTicks);
          if (known) floor.cancel(known, account);
          if (known) levels.delete(limitTicks);
          else levels.set(limitTicks, placed(floor, { account, side, limitTicks }));
          const inOrder = [...levels.keys()].sort((one, other) =>
            side === 'buy' ? other - one : one - other,
          );
          const { bids, asks } = floor.engine.depth('ETH-USDC', 1_000);
          expect((side === 'buy' ? bids : asks).map(([ticks]) => ticks)).toEqual(inOrder);
        }
      }),
      { numRuns: 20 },
    );
  });

  test('tells of each level that changed once, however often it and its neighbours went and came', () => {
    // Few enough prices that the only level of a page comes, goes and comes again between two questions.
    const price = fc.constantFrom(1, 2, 63, 64, 65, 200, 10_000, 2 ** 31 - 1);
    const deeds = fc.array(fc.tuple(fc.integer({ min: 0, max: 5 }), price), { maxLength: 120 });
    fc.assert(
      fc.property(deeds, (drawn) => {
        const floor = funded();
        const account = address(side === 'buy' ? 'alice' : 'bob');
        const mirror = new DepthMirror();
        mirror.begin(floor.engine);
        const levels = new Map<number, string>();
        for (const [turn, limitTicks] of drawn) {
          const known = levels.get(limitTicks);
          if (known) floor.cancel(known, account);
          if (known) levels.delete(limitTicks);
          else levels.set(limitTicks, placed(floor, { account, side, limitTicks }));
          if (turn === 0) mirror.follow(floor.engine);
        }
        mirror.follow(floor.engine);
        expect(floor.engine.takeLevelChanges()).toEqual([]);
      }),
      { numRuns: 50 },
    );
  });

  test('tells of more levels than it had room for', () => {
    const floor = funded();
    const account = address(side === 'buy' ? 'alice' : 'bob');
    const mirror = new DepthMirror();
    mirror.begin(floor.engine);
    for (let at = 1; at <= 600; at += 1) placed(floor, { account, side, limitTicks: at * 40 });
    mirror.follow(floor.engine);
  });
});

test.each([undefined, { orders: 100, ids: 100 }])(
  'an account has its money of each of many assets, with room made for %o',
  (expected) => {
    const { nowMs, engine } = new TradingFloor(
      createFastEngine({ hashSecret: 1, ...(expected ? { expected } : {}) }),
    );
    const accounts = ['alice', 'bob', 'carol'].map(address);
    // By turns, and more than once: a line is made by the first grant and found by the second.
    const grants = Array.from({ length: 600 }, (_, nth) => {
      const turn = Math.floor(nth / 3);
      const [asset, grantNumber] = [turn % 100, 1 + Math.floor(turn / 100)];
      return { account: accounts[nth % 3] as string, asset: `A${asset}`, grantNumber };
    });
    for (const [nth, grant] of grants.entries()) {
      const commandId = `grant ${nth}`;
      engine.apply(
        { type: 'grant', commandId, nowMs, ...grant, units: nth + 1, clock: 0 },
        () => {},
      );
    }
    for (const [at, account] of accounts.entries()) {
      const free = engine.creditOf(account).map(({ asset, freeUnits }) => `${asset} ${freeUnits}`);
      // The nth grant was of n + 1 units; the same asset's next came 300 grants later.
      const wanted = Array.from(
        { length: 100 },
        (_, asset) => `A${asset} ${2 * (3 * asset + at) + 302}`,
      );
      expect(free.sort()).toEqual(wanted.sort());
    }
    engine.validate();
  },
);

test('what expires next is known, whoever ended before', () => {
  const deeds = fc.array(fc.tuple(fc.integer({ min: 1, max: 9 }), fc.boolean()), {
    maxLength: 150,
  });
  fc.assert(
    fc.property(deeds, (drawn) => {
      const floor = funded();
      const account = address('alice');
      let live: { digest: string; expiresAtMs: number }[] = [];
      for (const [seconds, ends] of drawn) {
        const [leaving] = live;
        if (ends && leaving) {
          floor.cancel(leaving.digest, account);
          live = live.slice(1);
        } else {
          const expiresAtMs = floor.nowMs + seconds * 1_000;
          live.push({ digest: placed(floor, { account, expiresAtMs }), expiresAtMs });
        }
        const next = Math.min(...live.map((order) => order.expiresAtMs));
        expect(floor.engine.nextDueMs()).toBe(live.length === 0 ? undefined : next);
      }
    }),
    { numRuns: 20 },
  );
});

test('orders expire by their times and the older first, though thousands more ended before', () => {
  const floor = funded();
  const account = address('alice');
  const leaving: string[] = [];
  const staying: { digest: string; expiresAtMs: number }[] = [];
  for (let nth = 0; nth < 5_000; nth += 1) {
    const expiresAtMs = floor.nowMs + 1_000 * (1 + ((nth * 7_919) % 7));
    const digest = placed(floor, { account, expiresAtMs });
    if (nth % 10 === 0) staying.push({ digest, expiresAtMs });
    else leaving.push(digest);
    // Some later, so that rows of orders that ended are others' by now.
    if (leaving.length > 50) floor.cancel(leaving.shift() as string, account);
    if (nth % 500 === 0) floor.engine.validate();
  }
  for (const digest of leaving) floor.cancel(digest, account);
  const ended = expired(floor, 10_000);
  const inTurn = staying.toSorted((one, other) => one.expiresAtMs - other.expiresAtMs);
  expect(ended).toEqual(inTurn.map(({ digest }) => digest));
});

test('what expires next is known when thousands of rows have others’ orders, which expire later', () => {
  const floor = funded();
  const accounts = ['a', 'b', 'c', 'd'].map(address);
  for (const account of accounts) floor.grant(account, 'USDC', 2 ** 40);
  const first = placed(floor, { account: address('alice'), expiresAtMs: floor.nowMs + 1_000 });
  const place = (seconds: number) =>
    accounts.flatMap((account) =>
      Array.from({ length: 900 }, (_, nth) => {
        const expiresAtMs = floor.nowMs + 1_000 * (seconds + (nth % 3));
        const order = floor.placing({ account, expiresAtMs });
        floor.applyUnchecked(order);
        return { account, expiresAtMs, digest: order.commandId };
      }),
    );
  for (const { account, digest: gone } of place(2)) {
    const commandId = floor.id();
    floor.applyUnchecked({ type: 'cancel', commandId, nowMs: floor.nowMs, account, digest: gone });
  }
  const staying = place(10);
  floor.engine.validate();
  expect(floor.engine.nextDueMs()).toBe(floor.nowMs + 1_000);
  floor.cancel(first, address('alice'));
  floor.engine.validate();
  expect(floor.engine.nextDueMs()).toBe(floor.nowMs + 10_000);
  const ended = expired(floor, 20_000);
  const inTurn = staying.toSorted((one, other) => one.expiresAtMs - other.expiresAtMs);
  expect(ended).toEqual(inTurn.map(({ digest: each }) => each));
});

test('an order may expire in the year 100,000, and the next in its row before or after', () => {
  const floor = funded();
  const account = address('alice');
  const years = [
    3_093_527_980_800_000,
    200_000_000_000_000,
    2 ** 47,
    2 ** 52,
    2 ** 47 - 1,
    2 ** 48,
  ];
  for (const expiresAtMs of [...years, ...years.toReversed()]) {
    const order = placed(floor, { account, expiresAtMs });
    expect(floor.engine.nextDueMs()).toBe(expiresAtMs);
    floor.engine.validate();
    floor.cancel(order, account);
    expect(floor.engine.nextDueMs()).toBeUndefined();
  }
  const orders = years.map((expiresAtMs) => placed(floor, { account, expiresAtMs }));
  expect(floor.engine.nextDueMs()).toBe(Math.min(...years));
  floor.cancel(orders[4] as string, account);
  expect(floor.engine.nextDueMs()).toBe(2 ** 47);
  floor.engine.validate();
});

test('no result depends on the secret of the process', () => {
  const hashes = [1, 2].map((hashSecret) => {
    const floor = new TradingFloor(createFastEngine({ hashSecret }));
    floor.grant(address('alice'), 'USDC', 10_000);
    floor.grant(address('bob'), 'ETH', 10_000);
    for (let nth = 0; nth < 20; nth += 1) {
      const account = address(nth % 2 === 0 ? 'alice' : 'bob');
      floor.place({ account, side: nth % 2 === 0 ? 'buy' : 'sell', limitTicks: 90 + nth });
    }
    return [floor.engine.eventHash(), floor.engine.stateHash()];
  });
  expect(hashes[0]).toEqual(hashes[1]);
});
