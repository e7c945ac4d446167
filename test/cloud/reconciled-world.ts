/**
 * A little exchange whose ledger is to be reconciled: real engines, the stores on DynamoDB's twin, journals archived and
 * snapshots taken into a bucket in memory. It moves money in every way there is.
 */
import { type DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { archiveJournal } from '#cloud/archive-journal.ts';
import { createArchiveStore } from '#cloud/archive-store.ts';
import { clearJournal } from '#cloud/clear-journal.ts';
import { createClearingStore } from '#cloud/clearing-store.ts';
import { createJournalFrames } from '#cloud/journal-frames.ts';
import type { JournalRecord } from '#cloud/journal-run.ts';
import { createLedgerStore } from '#cloud/ledger-store.ts';
import { createOutboxStore } from '#cloud/outbox-store.ts';
import type { Reconciling } from '#cloud/reconcile-pass.ts';
import { createReconciliationStore } from '#cloud/reconciliation-store.ts';
import { createSnapshotStore } from '#cloud/snapshot-store.ts';
import { ledgerVault } from '#cloud/vault-units.ts';
import { units } from '#domain/amount.ts';
import { assert } from '#domain/assertion.ts';
import type { EngineEvent } from '#domain/event.ts';
import { acceptRecord, startOfJournal } from '#wire/accept-record.ts';
import { insuranceAccount, ledgerKeys } from '#wire/table-keys.ts';
import { createEngine } from '../../containers/matcher/engine/matching-engine.ts';
import { writeSnapshot } from '../../containers/matcher/snapshot-taker.ts';
import { address, type Placing, TradingFloor } from '../engine/trading-floor.ts';
import { newTable } from '../twins/dynamo-twin.ts';
import { type BareEvent, dayMs, HandWrittenJournal, startMs } from './clearing-journal.ts';
import { MemoryBucket } from './memory-bucket.ts';

export const groups = ['majors', 'alts'] as const;
export type Group = (typeof groups)[number];
type Asset = 'ETH' | 'USDC';

export const people = ['alice', 'bob', 'carol', 'dave'].map(address);
export const [alice = '', bob = '', carol = '', dave = ''] = people;

type Pair = { floor: TradingFloor; journal: HandWrittenJournal; cleared: number };

export class ReconciledWorld {
  readonly client: DynamoDBDocumentClient;
  readonly table: string;
  readonly outboxTable: string;
  readonly bucket = new MemoryBucket();
  nowMs = startMs + 10 * 3_600_000;
  readonly #pairs: Record<Group, Pair>;
  readonly #ids = new Map<string, number>();

  static async on(client: DynamoDBDocumentClient): Promise<ReconciledWorld> {
    return new ReconciledWorld(client, await newTable(), await newTable());
  }

  constructor(client: DynamoDBDocumentClient, table: string, outboxTable: string) {
    this.client = client;
    this.table = table;
    this.outboxTable = outboxTable;
    const pair = (groupId: Group): Pair => {
      const journal = new HandWrittenJournal(groupId);
      journal.epoch();
      // Fees of 10 % leave the accounts, so that they are seen to be missing.
      const market = { groupId, makerFeeBps: 500, takerFeeBps: 1_000 };
      return { floor: new TradingFloor(createEngine({ groupId }), market), journal, cleared: 0 };
    };
    this.#pairs = { majors: pair('majors'), alts: pair('alts') };
  }

  get ledger() {
    const { client, table, outboxTable } = this;
    return createLedgerStore({ client, table, outboxTable });
  }

  /** What reconciliation is given; another table's items where one is named. */
  ports(table = this.table): Reconciling {
    const { client, bucket } = this;
    const archive = createArchiveStore(bucket);
    return {
      ...{ client, table, groups, archive },
      snapshots: createSnapshotStore(bucket),
      frames: createJournalFrames({
        archive,
        readRange: (groupId, after, through) => this.#range(groupId as Group, after, through),
      }),
      vault: ledgerVault({ client, table }),
      store: createReconciliationStore({ client, table }),
      nowMs: () => this.nowMs,
      pause: () => new Promise((resolve) => setImmediate(resolve)),
      settleMs: 0,
    };
  }

  pass(ms: number): void {
    this.nowMs += ms;
  }

  nextDay(): void {
    this.nowMs = (Math.floor(this.nowMs / dayMs) + 1) * dayMs + 3_600_000;
  }

  async deposit(account: string, asset: Asset, amount: number): Promise<void> {
    const operationId = this.#id('deposit');
    await this.#done(
      this.ledger.deposit({ operationId, account, asset, units: units(amount), atMs: this.tick() }),
    );
  }

  async transfer(from: string, to: string, asset: Asset, amount: number): Promise<void> {
    const operationId = this.#id('transfer');
    const wish = { operationId, from, to, asset, units: units(amount), atMs: this.tick() };
    await this.#done(this.ledger.transfer(wish));
  }

  /** From the house to a user, or back. */
  async adjust(account: string, asset: Asset, amount: number): Promise<void> {
    const adjustmentId = this.#id('adjustment');
    const house = insuranceAccount;
    const proposal = { adjustmentId, account, house, asset, units: units(amount), why: 'a test' };
    await this.ledger.proposeAdjustment({ ...proposal, by: 'ann', atMs: this.tick() });
    await this.ledger.approveAdjustment({ adjustmentId, by: 'ben', atMs: this.tick() });
    await this.#done(this.ledger.approveAdjustment({ adjustmentId, by: 'cy', atMs: this.tick() }));
  }

  /** A withdrawal as far as it goes. */
  async withdraw(
    account: string,
    asset: Asset,
    amount: number,
    as: 'demanded' | 'held' | 'finished' | 'returned',
  ): Promise<void> {
    const withdrawalId = this.#id('withdrawal');
    const wish = { withdrawalId, account, asset, units: units(amount) };
    const { ledger } = this;
    await this.#done(ledger.demandWithdrawal({ ...wish, atMs: this.tick() }));
    if (as === 'demanded') return;
    await this.#done(ledger.holdWithdrawal({ ...wish, atMs: this.tick() }));
    const ended = { withdrawalId, atMs: this.tick() };
    if (as === 'finished') await this.#done(ledger.finishWithdrawal(ended));
    if (as === 'returned') await this.#done(ledger.returnWithdrawal(ended));
  }

  /** Granted by the ledger; taken by the engine at once, or still under way. */
  async grant(group: Group, account: string, asset: Asset, amount: number, landed = true) {
    const wish = { account, asset, groupId: group, least: units(amount), most: units(amount) };
    const outcome = await this.ledger.grant({ ...wish, atMs: this.tick() });
    assert(outcome.status === 'granted', `a grant is ${outcome.status}`);
    if (landed) this.land(group, account, asset, amount);
  }

  land(group: Group, account: string, asset: Asset, amount: number): void {
    this.#journal(group, this.#pairs[group].floor.grant(account, asset, amount));
  }

  place(group: Group, placing: Placing): void {
    this.#journal(group, this.#pairs[group].floor.place(placing));
  }

  giveBack(group: Group, account: string, asset: Asset, amount: number): void {
    this.#journal(group, this.#pairs[group].floor.giveBack(account, asset, amount));
  }

  /** Clears what the journal has, in batches as a stream gives them. */
  async clear(group: Group, batch = 4): Promise<void> {
    const pair = this.#pairs[group];
    const { client, table, outboxTable } = this;
    const store = createClearingStore({ client, table, outboxTable });
    const readRange = (_: string, after: string, through: string) =>
      this.#range(group, after, through);
    const { records } = pair.journal;
    for (
      ;
      pair.cleared < records.length;
      pair.cleared = Math.min(pair.cleared + batch, records.length)
    ) {
      const given = records.slice(pair.cleared, pair.cleared + batch);
      const consumed = await clearJournal({ store, readRange }, group, given);
      assert(consumed.status === 'done', 'clearing stopped');
    }
  }

  async archive(group: Group): Promise<void> {
    const { records } = this.#pairs[group].journal;
    const archiving = {
      store: createArchiveStore(this.bucket),
      follow: () => {
        throw new Error('nothing is missing');
      },
    };
    const consumed = await archiveJournal(archiving, group, records);
    assert(consumed.status === 'done', 'archiving stopped');
  }

  async snapshot(group: Group): Promise<void> {
    const { floor, journal } = this.#pairs[group];
    let watermark = startOfJournal;
    for (const record of journal.records) {
      const verdict = acceptRecord(group, watermark, record);
      assert(verdict.type !== 'stop', 'the journal does not read');
      watermark = verdict.state;
    }
    await writeSnapshot({ state: floor.engine.freeze(), late: [] }, watermark, {
      groupId: group,
      store: createSnapshotStore(this.bucket),
      timers: { soon: (then: () => void) => setImmediate(then) } as never,
      clock: { nowMs: () => this.nowMs },
    });
  }

  async settle(): Promise<void> {
    for (const group of groups) {
      await this.clear(group);
      await this.archive(group);
    }
  }

  /** One unit more in a balance, from nowhere. */
  plus(account: string, asset: Asset): UpdateCommand {
    return new UpdateCommand({
      TableName: this.table,
      Key: ledgerKeys.balance(account, asset),
      UpdateExpression: 'ADD available :one, grantable :one',
      ExpressionAttributeValues: { ':one': 1n },
    });
  }

  get outbox() {
    return createOutboxStore({ client: this.client, table: this.outboxTable });
  }

  /** A moment later. */
  tick(): number {
    this.nowMs += 7;
    return this.nowMs;
  }

  #journal(group: Group, events: EngineEvent[]): void {
    const bare = events.map(({ sequence: _, ...event }) => event as BareEvent);
    this.#pairs[group].journal.frame(bare, this.tick());
  }

  /** The journal behind a position, as its stream holds it. */
  async *stream(group: string, after: string): AsyncGenerator<JournalRecord[]> {
    const { records } = this.#pairs[group as Group].journal;
    yield records.filter(({ shardSequence }) => shardSequence > after);
  }

  async #range(group: Group, after: string, through: string): Promise<JournalRecord[]> {
    return this.#pairs[group].journal.records.filter(
      ({ shardSequence }) => shardSequence > after && shardSequence <= through,
    );
  }

  #id(what: string): string {
    const number = (this.#ids.get(what) ?? 0) + 1;
    this.#ids.set(what, number);
    return `${what}-${number}`;
  }

  async #done(answering: Promise<{ status: string }>): Promise<void> {
    const { status } = await answering;
    assert(status === 'created', `an operation is ${status}`);
  }
}

/** Two days of an exchange; on the second something of everything is under way. */
export async function tradedWorld(client: DynamoDBDocumentClient): Promise<ReconciledWorld> {
  const world = await ReconciledWorld.on(client);
  for (const account of people)
    for (const asset of ['ETH', 'USDC'] as const) await world.deposit(account, asset, 100_000);
  await tradeSome(world);
  await world.adjust(carol, 'USDC', -40);
  await world.withdraw(bob, 'ETH', 500, 'finished');
  await world.settle();
  world.nextDay();
  return world;
}

export async function secondDay(world: ReconciledWorld): Promise<void> {
  await world.deposit(alice, 'ETH', 1_000);
  await tradeSome(world);
  await world.snapshot('majors');
  await tradeSome(world);
  await world.transfer(alice, `${alice}/savings`, 'ETH', 300);
  await world.adjust(dave, 'USDC', 15);
  await world.withdraw(bob, 'ETH', 700, 'held');
  await world.withdraw(bob, 'USDC', 800, 'returned');
  await world.withdraw(carol, 'ETH', 900, 'demanded');
  await world.grant('alts', dave, 'USDC', 5_000, false);
  await world.settle();
}

/** Grants, trades and returns in both groups; orders stay in the books. */
export async function tradeSome(world: ReconciledWorld): Promise<void> {
  for (const group of groups) {
    for (const account of [alice, bob]) {
      await world.grant(group, account, 'ETH', 2_000);
      await world.grant(group, account, 'USDC', 10_000);
    }
    world.place(group, { account: alice, side: 'sell', limitTicks: 10, sizeLots: 50 });
    world.place(group, { account: bob, side: 'buy', limitTicks: 10, sizeLots: 20 });
    await world.clear(group);
    world.place(group, { account: bob, side: 'buy', limitTicks: 11, sizeLots: 35 });
    world.place(group, { account: alice, side: 'sell', limitTicks: 11, sizeLots: 4 });
    world.giveBack(group, alice, 'ETH', 100);
    await world.clear(group);
    world.giveBack(group, bob, 'USDC', 1_000);
    world.giveBack(group, alice, 'ETH', 50);
    await world.clear(group);
  }
}
