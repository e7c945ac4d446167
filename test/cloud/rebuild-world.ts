/** A little exchange's ledger with everything in it that a ledger can have, and its journals, half archived. */
import { archiveJournal } from '#cloud/archive-journal.ts';
import { createArchiveStore } from '#cloud/archive-store.ts';
import { clearJournal } from '#cloud/clear-journal.ts';
import { createClearingStore } from '#cloud/clearing-store.ts';
import { isAfter, type JournalRecord } from '#cloud/journal-run.ts';
import { createLedgerStore, type PendingGrant } from '#cloud/ledger-store.ts';
import type { RebuildPorts } from '#cloud/rebuild-ledger.ts';
import type { Units } from '#domain/amount.ts';
import { type DynamoTwin, newTable } from '../twins/dynamo-twin.ts';
import {
  account,
  type BareEvent,
  HandWrittenJournal,
  seeded,
  startMs,
  trade,
} from './clearing-journal.ts';
import { MemoryBucket } from './memory-bucket.ts';

const groupIds = ['g1', 'g2'];
const owners = 8;
const assets = ['ETH', 'USDC'];

export class RebuildWorld {
  readonly table: string;
  readonly shadowTable: string;
  readonly journals = new Map(groupIds.map((id) => [id, new HandWrittenJournal(id)]));
  readonly ledger: ReturnType<typeof createLedgerStore>;
  readonly #twin: DynamoTwin;
  readonly #archive = createArchiveStore(new MemoryBucket());
  readonly #draw = seeded(5);
  #nowMs = startMs;
  #operations = 0;
  readonly #returns = new Map<string, number>();

  private constructor(twin: DynamoTwin, table: string, shadowTable: string) {
    this.#twin = twin;
    this.table = table;
    this.shadowTable = shadowTable;
    this.ledger = createLedgerStore({ client: twin.client, table });
  }

  static async open(twin: DynamoTwin): Promise<RebuildWorld> {
    const world = new RebuildWorld(twin, await newTable(), await newTable());
    for (const journal of world.journals.values()) journal.epoch();
    for (let owner = 0; owner < owners; owner += 1)
      for (const asset of assets) await world.deposit(owner, asset, 100_000n);
    for (let round = 0; round < 3; round += 1) await world.trade();
    for (const groupId of groupIds) await world.archive(groupId);
    await world.operate();
    for (let round = 0; round < 2; round += 1) await world.trade();
    // One that waits: the journal has not told of it yet.
    await world.grant('g1', account(3), 'USDC', 77n);
    return world;
  }

  get ports(): RebuildPorts {
    const { client } = this.#twin;
    return {
      ledger: { client, table: this.table },
      shadow: { client, table: this.shadowTable },
      groups: groupIds,
      archive: this.#archive,
      stream: (groupId, after) => this.#stream(groupId, after),
      progress: () => undefined,
      goesOn: () => true,
    };
  }

  async *#stream(groupId: string, after: string): AsyncGenerator<JournalRecord[]> {
    const records = this.journals.get(groupId)?.records ?? [];
    yield records.filter(({ shardSequence }) => isAfter(shardSequence, after));
  }

  async archive(groupId: string): Promise<void> {
    const records = this.journals.get(groupId)?.records ?? [];
    const follow = (_: string, after: string) => this.#stream(groupId, after);
    await archiveJournal({ store: this.#archive, follow }, groupId, records);
  }

  #later(): number {
    this.#nowMs += 5;
    return this.#nowMs;
  }

  #id(): { operationId: string; atMs: number } {
    this.#operations += 1;
    return { operationId: `op-${this.#operations}`, atMs: this.#later() };
  }

  async deposit(owner: number, asset: string, units: bigint): Promise<void> {
    const name = { account: account(owner), asset, units: units as Units };
    await this.ledger.deposit({ ...this.#id(), ...name });
  }

  async grant(
    groupId: string,
    of: string,
    asset: string,
    units: bigint,
  ): Promise<PendingGrant | undefined> {
    const { atMs } = this.#id();
    const wanted = { account: of, asset, groupId, least: units as Units, most: units as Units };
    const granted = await this.ledger.grant({ ...wanted, atMs });
    return granted.status === 'granted' ? granted.grant : undefined;
  }

  /** In every group some grants, trades over two frames, returns, nothing for a frame; all of it cleared, in runs of two frames. */
  async trade(): Promise<void> {
    for (const [groupId, journal] of this.journals) {
      const grants: BareEvent[] = [];
      for (let nth = 0; nth < 4; nth += 1) {
        const asset = assets[nth % 2] as string;
        const given = await this.grant(groupId, account(this.#draw(owners)), asset, 5_000n);
        if (!given) continue;
        const { account: of, grantNumber, units } = given;
        const name = { account: of, asset, grantNumber, units: Number(units) };
        grants.push({ type: 'credit_granted', ...name });
      }
      journal.frame(grants, this.#later());
      const [first] = grants;
      if (first?.type !== 'credit_granted') throw new Error('nothing was granted');
      journal.frame(this.#trades(grants), this.#later());
      journal.frame([], this.#later());
      const { account: of, asset } = first;
      const returnNumber = (this.#returns.get(groupId + of + asset) ?? 0) + 1;
      this.#returns.set(groupId + of + asset, returnNumber);
      const returned = { account: of, asset, returnNumber, units: 40 };
      journal.frame([{ type: 'credit_returned', ...returned }], this.#later());
      await this.clear(groupId, 2);
    }
  }

  /** Whoever has just been granted sells a little of it to the next one who has. */
  #trades(grants: readonly BareEvent[]): BareEvent[] {
    const of = (wanted: string) =>
      grants.flatMap((each) =>
        each.type === 'credit_granted' && each.asset === wanted ? [each.account] : [],
      );
    const sellers = of('ETH');
    const buyers = of('USDC');
    const numberOf = (address: string) => Number(BigInt(address)) - 1;
    return sellers.flatMap((seller, at) => {
      const buyer = buyers[at % buyers.length];
      if (buyer === undefined || buyer === seller) return [];
      const [maker, taker] = [numberOf(seller), numberOf(buyer)];
      const sizes = { baseUnits: 10 + this.#draw(90), quoteUnits: 10 + this.#draw(90) };
      const fees = { makerFeeUnits: 1, takerFeeUnits: 2 };
      return [trade({ maker, taker, takerSide: 'buy', ...sizes, ...fees })];
    });
  }

  async clear(groupId: string, batch: number): Promise<void> {
    const records = this.journals.get(groupId)?.records ?? [];
    const store = createClearingStore({ client: this.#twin.client, table: this.table });
    const readRange = async () => records;
    for (let at = 0; at < records.length; at += batch)
      await clearJournal({ store, readRange }, groupId, records.slice(at, at + batch));
  }

  /** Every kind of operation, and withdrawals in every state. */
  async operate(): Promise<void> {
    const { ledger } = this;
    for (let owner = 0; owner < owners; owner += 1)
      await ledger.transfer({
        ...this.#id(),
        ...{
          from: account(owner),
          to: `${account(owner)}/vault`,
          asset: 'ETH',
          units: 2n as Units,
        },
      });
    const name = { account: account(1), asset: 'USDC', units: 30n as Units };
    await ledger.transfer({
      ...this.#id(),
      ...{ from: account(1), to: `${account(1)}/savings`, asset: 'ETH', units: 9n as Units },
    });
    for (const end of ['demanded', 'held', 'finished', 'returned', 'given up']) {
      const withdrawalId = `w-${end}`;
      if (end === 'demanded' || end === 'given up')
        await ledger.demandWithdrawal({ withdrawalId, ...name, atMs: this.#id().atMs });
      else await ledger.holdWithdrawal({ withdrawalId, ...name, atMs: this.#id().atMs });
      const { atMs } = this.#id();
      if (end === 'finished') await ledger.finishWithdrawal({ withdrawalId, atMs });
      if (end === 'returned' || end === 'given up')
        await ledger.returnWithdrawal({ withdrawalId, atMs });
    }
    const adjustmentId = 'a-1';
    const adjustment = { account: account(2), asset: 'ETH', house: 'house:insurance' };
    await ledger.proposeAdjustment({
      ...{ adjustmentId, ...adjustment, units: -3n as Units },
      ...{ by: 'ann', why: 'a test', atMs: this.#id().atMs },
    });
    for (const by of ['bob', 'cid'])
      await ledger.approveAdjustment({ adjustmentId, by, atMs: this.#id().atMs });
    await ledger.setAccountSettings(account(1), { creditPolicy: 'sticky' });
  }
}
