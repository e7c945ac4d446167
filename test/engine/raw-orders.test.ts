/**
 * Orders that are placed as they came, as bytes: an engine does what it does when the same are told it as commands, and what it shows
 * of that as it lies there is what it shows with texts.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { EngineEvent } from '#domain/event.ts';
import type { RawEvent } from '#domain/raw-event.ts';
import type { LeadingEngine } from '../../containers/matcher/engine/engine.ts';
import { createEngine } from '../../containers/matcher/engine/matching-engine.ts';
import { writeDigest } from '../../containers/matcher/engine/name-words.ts';
import { quietStory } from './random-story.ts';
import { rawPlacement } from './raw-placement.ts';
import { type Announcing, announcing, type Told, tellRaw, toldIn } from './raw-story.ts';
import { address, digest, type Placing, TradingFloor } from './trading-floor.ts';

const runs = Number(process.env['CROSSBOOK_RUNS'] ?? 100);
const seed = Number(process.env['CROSSBOOK_SEED'] ?? Date.now() % 2 ** 31);
const timeout = 120_000 + runs * 200;

const forEachStory = (promise: (told: Told[], announcing: Announcing) => void) =>
  fc.assert(
    fc.property(quietStory, announcing, (story, how) => promise(toldIn(story), how)),
    { seed, numRuns: runs },
  );

const addressOf = (words: Int32Array, at: number): string =>
  `0x${[...words.subarray(at, at + 5)].map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('')}`;

/** The event with texts, by what a raw one says and nothing else. */
function withTexts(event: RawEvent, commandId: string): EngineEvent {
  switch (event.type) {
    case 'raw_accepted':
      return { type: 'accepted', sequence: event.sequence, commandId };
    case 'raw_refused':
      return { type: 'refused', sequence: event.sequence, commandId, code: event.code };
    case 'raw_trade': {
      const { words, makerDigestAt, takerDigestAt, addresses, isOwn: _, ...rest } = event;
      const { makerAccountAt, takerAccountAt, ...trade } = rest;
      expect(addressOf(addresses, makerAccountAt)).toBe(trade.makerAccount);
      expect(addressOf(addresses, takerAccountAt)).toBe(trade.takerAccount);
      const makerDigest = writeDigest(words, makerDigestAt);
      const takerDigest = writeDigest(words, takerDigestAt);
      return { ...trade, type: 'trade', makerDigest, takerDigest };
    }
    case 'raw_done': {
      const { words, digestAt, addresses, accountAt, clientOrderId, ...done } = event;
      expect(addressOf(addresses, accountAt)).toBe(done.account);
      const digest = writeDigest(words, digestAt);
      const named = clientOrderId === undefined ? {} : { clientOrderId };
      return { ...done, type: 'order_done', digest, ...named };
    }
    default:
      return event;
  }
}

function readBack({ did }: LeadingEngine, commandId: string): EngineEvent[] {
  const events: EngineEvent[] = [];
  did.each((event) => events.push(withTexts(event, commandId)));
  return events;
}

test(`an order as it came does what its command does, in ${runs} stories from seed ${seed}`, {
  timeout,
}, () => {
  forEachStory((told, how) => {
    const other = createEngine();
    tellRaw(told, how, (engine, { command, events }) => {
      expect(engine.did.events(command.commandId)).toEqual(events);
      expect(engine.did.count).toBe(events.length);
      other.apply(command, () => {});
      expect(engine.eventHash()).toBe(other.eventHash());
      expect(engine.stateHash()).toBe(other.stateHash());
      engine.validate();
    });
  });
});

test(`what a command did reads the same as it lies there, in ${runs} stories from seed ${seed}`, {
  timeout,
}, () => {
  forEachStory((told, how) =>
    tellRaw(told, how, (engine, { command, events }) => {
      expect(readBack(engine, command.commandId)).toEqual(events);
    }),
  );
});

test(`what an order lacks, and its first result, are its command's, in ${runs} stories from seed ${seed}`, {
  timeout,
}, () => {
  forEachStory((told, how) => {
    const placed = told.filter(({ placement }) => placement);
    tellRaw(told, how, (engine, { command }) => {
      const next = told[told.findIndex((each) => each.command === command) + 1];
      for (const { command, placement } of [placed[0], placed.at(-1), next].flatMap(
        (at) => at ?? [],
      )) {
        if (command.type !== 'place' || !placement) continue;
        expect(engine.lackOf(placement)).toEqual(engine.shortfall(command));
        expect(engine.firstResultOf(placement.order)).toEqual(
          engine.firstResult(command.commandId),
        );
      }
    });
  });
});

test(`an order's own fills and how far it came are told with it, in ${runs} stories from seed ${seed}`, {
  timeout,
}, () => {
  forEachStory((told, how) => {
    let newest: string | undefined;
    tellRaw(told, how, (engine, { command, events }) => {
      const isPlaced = command.type === 'place' && events[0]?.type === 'accepted';
      if (command.type !== 'continue') newest = isPlaced ? command.commandId : undefined;
      const sides: unknown[] = [];
      engine.did.each((event) => {
        if (event.type === 'raw_trade') sides.push(event.isOwn);
      });
      const trades = events.filter(({ type }) => type === 'trade') as Extract<
        EngineEvent,
        { type: 'trade' }
      >[];
      const own = ({ makerDigest, takerDigest }: (typeof trades)[number]) =>
        takerDigest === newest ? 'taker' : makerDigest === newest ? 'maker' : undefined;
      expect(sides).toEqual(trades.map(own));
      const progress = engine.did.progress();
      if (newest === undefined) expect(progress).toBeUndefined();
      else expect(engine.order(newest)).toMatchObject({ ...progress });
    });
  });
});

/** A floor with one market, and placements by whoever has credit on both of its sides. */
function openFloor() {
  const engine = createEngine();
  const floor = new TradingFloor(engine);
  const placing = (account: string, given: Placing, commandId: string) =>
    rawPlacement({ ...floor.placing({ account, ...given }), commandId });
  const fund = (account: string) => {
    floor.grant(account, 'USDC', 1_000_000);
    floor.grant(account, 'ETH', 1_000);
  };
  return { engine, placing, fund };
}

const hex = (bytes: number) => fc.uint8Array({ minLength: bytes, maxLength: bytes });
const hexText = (bytes: Uint8Array) => `0x${Buffer.from(bytes).toString('hex')}`;

test('every byte of a digest and of an address is read and told', () => {
  const drawn = fc.tuple(hex(32), hex(32), hex(20), hex(20));
  fc.assert(
    fc.property(drawn, ([sold, bought, seller, buyer]) => {
      fc.pre(hexText(sold) !== hexText(bought) && hexText(seller) !== hexText(buyer));
      const { engine, placing, fund } = openFloor();
      const [sells, buys] = [hexText(sold), hexText(bought)];
      const [bySeller, byBuyer] = [hexText(seller), hexText(buyer)];
      for (const account of [bySeller, byBuyer]) fund(account);
      const placements = [
        placing(bySeller, { side: 'sell', sizeLots: 2 }, sells),
        placing(byBuyer, { side: 'buy', sizeLots: 2 }, buys),
      ];
      engine.announce(placements);
      for (const placement of placements) engine.place(placement);
      const [, trade, ...ends] = readBack(engine, buys);
      expect(trade).toMatchObject({ makerDigest: sells, takerDigest: buys });
      expect(trade).toMatchObject({ makerAccount: bySeller, takerAccount: byBuyer });
      expect(ends).toMatchObject([{ digest: sells }, { digest: buys }]);
    }),
    { seed, numRuns: 50 },
  );
});

test('an order that is fitted anew, or comes at another time, is not what it was when it was announced', () => {
  const { engine, placing, fund } = openFloor();
  const account = address('alice');
  fund(account);
  const [one, other] = [
    placing(account, { sizeLots: 2 }, digest(501)),
    placing(account, { sizeLots: 2 }, digest(502)),
  ];
  engine.announce([one, other]);
  one.amounts = { ...one.amounts, sizeLots: 3 };
  engine.place(one);
  expect(engine.did.progress()).toMatchObject({ sizeLots: 3 });
  other.nowMs += 60_001;
  engine.place(other);
  expect(engine.did.events('')).toMatchObject([{ code: 'order_too_late' }]);
  expect(engine.did.progress()).toBeUndefined();
});

test('an order that meets more than one command has events for goes on as its own', () => {
  const { engine, placing, fund } = openFloor();
  const [maker, taker] = [address('alice'), address('bob')];
  for (const account of [maker, taker]) fund(account);
  const makers = 600;
  for (let nth = 0; nth < makers; nth += 1)
    engine.place(placing(maker, { side: 'sell', sizeLots: 1 }, digest(1_000 + nth)));
  engine.place(placing(taker, { side: 'buy', sizeLots: makers }, digest(501)));
  const sides: unknown[] = [];
  const hear = (event: RawEvent) => {
    if (event.type === 'raw_trade') sides.push(event.isOwn);
  };
  engine.did.each(hear);
  expect(engine.isUnfinished).toBe(true);
  expect(engine.did.progress()).toMatchObject({ filledLots: sides.length, status: 'open' });
  engine.apply({ type: 'continue', commandId: 'on', nowMs: engine.nowMs }, () => {});
  engine.did.each(hear);
  expect(sides).toEqual(new Array(makers).fill('taker'));
  expect(engine.did.progress()).toMatchObject({ filledLots: makers, status: 'filled' });
});

test('whoever was unknown when an order was announced may be known in its turn', () => {
  const { engine, placing, fund } = openFloor();
  const account = address('bob');
  const placement = placing(account, { sizeLots: 2 }, digest(501));
  engine.announce([placement]);
  expect(engine.lackOf(placement).units).toBeGreaterThan(0);
  fund(account);
  expect(engine.lackOf(placement).units).toBe(0);
  engine.place(placement);
  expect(engine.did.progress()).toMatchObject({ status: 'open' });
});
