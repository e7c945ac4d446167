/** Clearing held against the engines that wrote the journal: after every run the ledger's credit is the engine's. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { clearJournal } from '#cloud/clear-journal.ts';
import { createClearingStore } from '#cloud/clearing-store.ts';
import type { JournalRecord } from '#cloud/journal-run.ts';
import { groupCredit } from '#cloud/ledger-audit.ts';
import { createLedgerStore } from '#cloud/ledger-store.ts';
import { units } from '#domain/amount.ts';
import type { EngineEvent } from '#domain/event.ts';
import { isHouse } from '#domain/ledger-operation.ts';
import { createEngine } from '../../containers/matcher/engine/matching-engine.ts';
import { address, TradingFloor } from '../engine/trading-floor.ts';
import { type DynamoTwin, newTable, startDynamo } from '../twins/dynamo-twin.ts';
import { type BareEvent, HandWrittenJournal, seeded } from './clearing-journal.ts';

let twin: DynamoTwin;
beforeAll(async () => {
  twin = await startDynamo('unused');
});
afterAll(() => twin.stop());

const groups = ['majors', 'alts'];
const people = ['alice', 'bob', 'carol'].map(address);
const assets = ['ETH', 'USDC'] as const;

type Held = Map<string, bigint>;

/** A pair group whose engine is the exchange's own; it remembers what everybody held at the end of each frame. */
class Pair {
  readonly groupId: string;
  readonly floor: TradingFloor;
  readonly journal: HandWrittenJournal;
  readonly held: Held[] = [new Map()];
  cleared = 0;

  constructor(groupId: string) {
    this.groupId = groupId;
    const fees = { groupId, makerFeeBps: -100, takerFeeBps: 700 };
    this.floor = new TradingFloor(createEngine({ groupId }), fees);
    this.journal = new HandWrittenJournal(groupId);
    this.journal.epoch();
  }

  write(events: EngineEvent[]): void {
    this.journal.frame(events.map(({ sequence: _, ...event }) => event as BareEvent));
    const held: Held = new Map();
    for (const { account, asset, freeUnits, heldUnits } of this.floor.engine.credits())
      if (freeUnits + heldUnits > 0) held.set(`${account}#${asset}`, BigInt(freeUnits + heldUnits));
    this.held.push(held);
  }
}

test.each([11, 12, 13, 14])(
  'frozen = engine free + held, in every group, after every run that is cleared (seed %i)',
  async (seed) => {
    const [table, outboxTable] = [await newTable(), await newTable()];
    const { client } = twin;
    const ledger = createLedgerStore({ client, table, outboxTable });
    const draw = seeded(seed);
    const any = <T>(list: readonly T[]): T => list[draw(list.length)] as T;
    const pairs = groups.map((groupId) => new Pair(groupId));
    for (const account of people)
      for (const asset of assets) {
        const operationId = `${account} ${asset}`;
        await ledger.deposit({ operationId, account, asset, units: units(50_000), atMs: 0 });
      }
    let runs = 0;

    const grant = async ({ groupId, floor }: Pair, write: Pair['write']) => {
      const [account, asset] = [any(people), any(assets)];
      const wish = { account, asset, groupId, least: units(1), most: units(1 + draw(3_000)) };
      const outcome = await ledger.grant({ ...wish, atMs: 0 });
      if (outcome.status !== 'granted') return;
      write(floor.grant(account, asset, Number(outcome.grant.units)));
    };

    const act = async (pair: Pair) => {
      const write = pair.write.bind(pair);
      const what = draw(10);
      const account = any(people);
      if (what < 3) await grant(pair, write);
      else if (what < 4) write(pair.floor.giveBack(account, any(assets), 1 + draw(500)));
      else {
        const [limitTicks, sizeLots] = [8 + draw(5), 1 + draw(40)];
        write(pair.floor.place({ account, side: any(['buy', 'sell']), limitTicks, sizeLots }));
      }
    };

    /** Some of what is not cleared, as a stream gives it; runs may take several transactions. */
    const clear = async (pair: Pair) => {
      const { groupId, journal } = pair;
      const items = draw(2) ? { itemsPerTransaction: 9 + draw(5) } : {};
      const store = createClearingStore({ client, table, outboxTable, ...items });
      const readRange = async (_: string, after: string, through: string) =>
        journal.records.filter(
          ({ shardSequence }: JournalRecord) => shardSequence > after && shardSequence <= through,
        );
      const to = Math.min(journal.records.length, pair.cleared + 1 + draw(8));
      const records = journal.records.slice(pair.cleared, to);
      if (records.length === 0) return;
      expect((await clearJournal({ store, readRange }, groupId, records)).status).toBe('done');
      pair.cleared = to;
      runs += 1;
      const { watermark, run } = await store.position(groupId);
      expect(run).toBeUndefined();
      const frozen: Held = new Map();
      for (const credit of await groupCredit({ client, table }, groupId))
        if (credit.frozenUnits !== 0n && !isHouse(credit.account))
          frozen.set(`${credit.account}#${credit.asset}`, credit.frozenUnits);
      expect(sorted(frozen)).toEqual(sorted(pair.held[watermark.frame] ?? new Map()));
    };

    for (let step = 0; step < 90; step += 1) {
      const pair = any(pairs);
      if (draw(4)) await act(pair);
      else await clear(pair);
    }
    for (const pair of pairs) while (pair.cleared < pair.journal.records.length) await clear(pair);
    expect(runs).toBeGreaterThan(10);
    expect((await ledger.sums()).every((each) => each.units === 0n)).toBe(true);
  },
);

const sorted = (held: Held) => [...held].sort(([one], [other]) => (one < other ? -1 : 1));
