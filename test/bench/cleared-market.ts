/** A market whose journal is made as it is needed: trades of so many accounts, grants and returns, and what all of it comes to. */
import type { Item } from '#cloud/batch-items.ts';
import { putItems } from '#cloud/batch-items.ts';
import type { JournalRecord } from '#cloud/journal-run.ts';
import type { PendingGrant } from '#cloud/ledger-store.ts';
import { feeAccount, ledgerKeys, vaultAccount } from '#wire/table-keys.ts';
import {
  account,
  type BareEvent,
  HandWrittenJournal,
  seeded,
  startMs,
  trade,
} from '../cloud/clearing-journal.ts';

export const groupId = 'g1';
export const assets = ['ETH', 'USDC'];
/** What each account has of each asset, available and frozen, before the first trade. */
const begunWith = 10n ** 12n;

export type Plan = {
  accounts: number;
  framesPerBatch: number;
  tradesPerFrame: number;
  /** Credit that goes back in each batch. */
  returnsPerBatch: number;
};

export type BareTrade = ReturnType<typeof trade>;

export class ClearedMarket {
  readonly #plan: Plan;
  readonly #journal = new HandWrittenJournal(groupId);
  readonly #draw = seeded(7);
  readonly #returns = new Map<string, number>();
  /** Frozen, by account and asset: one trade after the other, the obvious way. */
  readonly #frozen = new Map<string, bigint>();
  /** The trades of the newest batch. */
  trades: BareTrade[] = [];

  constructor(plan: Plan) {
    this.#plan = plan;
    this.#journal.epoch();
    for (let owner = 0; owner < plan.accounts; owner += 1)
      for (const asset of assets) this.#add(account(owner), asset, begunWith);
  }

  /** The ledger as it is before the first frame: as if everybody had deposited and been granted half of it. */
  async fill(where: Parameters<typeof putItems>[0]): Promise<void> {
    const { accounts } = this.#plan;
    const items: Item[] = [];
    for (const asset of assets) {
      const units = -2n * begunWith * BigInt(accounts);
      items.push({ ...ledgerKeys.balance(vaultAccount, asset), available: units });
      for (let owner = 0; owner < accounts; owner += 1) {
        const [key, credit] = [
          ledgerKeys.balance(account(owner), asset),
          ledgerKeys.credit(account(owner), asset, groupId),
        ];
        items.push({ ...key, available: begunWith, grantable: begunWith, version: 1 });
        items.push({ ...credit, frozen: begunWith, grantNumber: 1, version: 1 });
      }
    }
    await putItems(where, items);
  }

  /** The next records of the journal: the grants that are pending, trades in every frame, returns in the last one. */
  next(granted: readonly PendingGrant[]): JournalRecord[] {
    const { framesPerBatch, tradesPerFrame, returnsPerBatch } = this.#plan;
    const from = this.#journal.records.length;
    this.trades = [];
    for (let frame = 0; frame < framesPerBatch; frame += 1) {
      const events: BareEvent[] = frame === 0 ? granted.map((each) => this.#grant(each)) : [];
      for (let nth = 0; nth < tradesPerFrame; nth += 1) events.push(this.#trade());
      if (frame === framesPerBatch - 1)
        for (let nth = 0; nth < returnsPerBatch; nth += 1) events.push(this.#return());
      this.#journal.frame(events, startMs + this.#journal.frames.length);
    }
    return this.#journal.records.slice(from === 1 ? 0 : from);
  }

  #grant({ account: of, asset, grantNumber, units }: PendingGrant): BareEvent {
    this.#add(of, asset, units);
    return { type: 'credit_granted', account: of, asset, grantNumber, units: Number(units) };
  }

  #return(): BareEvent {
    const of = account(this.#draw(this.#plan.accounts));
    const asset = assets[this.#draw(2)] as string;
    const units = 1 + this.#draw(1_000);
    const returnNumber = (this.#returns.get(of + asset) ?? 0) + 1;
    this.#returns.set(of + asset, returnNumber);
    this.#add(of, asset, -BigInt(units));
    return { type: 'credit_returned', account: of, asset, returnNumber, units };
  }

  #trade(): BareTrade {
    const { accounts } = this.#plan;
    const maker = this.#draw(accounts);
    const made = trade({
      maker,
      taker: (maker + 1 + this.#draw(accounts - 1)) % accounts,
      takerSide: this.#draw(2) ? 'buy' : 'sell',
      baseUnits: 1 + this.#draw(10_000),
      quoteUnits: 1 + this.#draw(20_000),
      makerFeeUnits: this.#draw(3),
      takerFeeUnits: 1 + this.#draw(9),
    });
    for (const { account: of, asset, units } of moved(made)) this.#add(of, asset, units);
    this.trades.push(made);
    return made;
  }

  #add(of: string, asset: string, units: bigint): void {
    const key = `${of}#${asset}`;
    this.#frozen.set(key, (this.#frozen.get(key) ?? 0n) + units);
  }

  /** What must be frozen by now. */
  get frozen(): ReadonlyMap<string, bigint> {
    return this.#frozen;
  }
}

/** What a trade does to five balances. */
export function moved(made: BareTrade): { account: string; asset: string; units: bigint }[] {
  const way = made.takerSide === 'buy' ? 1 : -1;
  const [base, quote] = assets as [string, string];
  const line = (of: string, asset: string, units: number) => ({
    ...{ account: of, asset },
    units: BigInt(units),
  });
  return [
    line(made.takerAccount, base, way * made.baseUnits),
    line(made.makerAccount, base, -way * made.baseUnits),
    line(made.takerAccount, quote, -way * made.quoteUnits - made.takerFeeUnits),
    line(made.makerAccount, quote, way * made.quoteUnits - made.makerFeeUnits),
    line(feeAccount, quote, made.takerFeeUnits + made.makerFeeUnits),
  ];
}
