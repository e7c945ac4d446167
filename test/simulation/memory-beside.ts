/**
 * The ledger in memory, which does in the order of their commits what the processes of a simulation did: each must be allowed
 * there too, and in the end both say the same to everybody.
 */
import type { Item } from '#cloud/batch-items.ts';
import { readEntry } from '#cloud/ledger-entry.ts';
import type { LedgerStore } from '#cloud/ledger-store.ts';
import { units } from '#domain/amount.ts';
import { houseAccounts, ledgerKeys } from '#wire/table-keys.ts';
import { MemoryLedger } from '../ledger/memory-ledger.ts';
import { differs } from './difference.ts';
import { assets, subAccounts, tables, traders } from './ledger-world.ts';
import type { SimulatedTable, Written } from './simulated-table.ts';
import type { TradingGroup } from './trading-group.ts';

export class MemoryBeside {
  readonly #ledger = new MemoryLedger(new Set(assets));
  readonly #groups: readonly TradingGroup[];
  readonly #cleared = new Map<string, number>();
  #answers: { what: string; answered: Promise<{ status: string }> }[] = [];
  #isHalfPosted = false;

  constructor(groups: readonly TradingGroup[]) {
    this.#groups = groups;
  }

  take(written: readonly Written[]): void {
    for (const { table, key, before, after } of written) {
      if (table !== tables.ledger || !after) continue;
      const [kind = ''] = key.pk.split('#');
      if (kind === 'OPERATION' && !before) this.#operation(after);
      if (kind === 'WITHDRAWAL') this.#withdrawal(after);
      if (kind === 'ADJUSTMENT') this.#adjustment(before, after);
      if (kind === 'PENDING') this.#grant(after);
      if (key.sk === 'CURSOR') this.#clear(key.pk.slice('CLEARING#'.length), after);
    }
  }

  #operation(item: Item): void {
    const of = { operationId: text(item, 'operationId'), ...moneyOf(item) };
    const atMs = number(item, 'atMs');
    if (item['kind'] === 'deposit')
      this.#did('deposit', this.#ledger.deposit({ ...of, account: text(item, 'account'), atMs }));
    if (item['kind'] !== 'transfer') return;
    const way = { from: text(item, 'from'), to: text(item, 'to') };
    this.#did('transfer', this.#ledger.transfer({ ...of, ...way, atMs }));
  }

  #withdrawal(item: Item): void {
    const withdrawalId = text(item, 'withdrawalId');
    const request = { withdrawalId, account: text(item, 'account'), ...moneyOf(item) };
    const ended = () => ({ withdrawalId, atMs: number(item, 'endedAtMs') });
    const steps: Record<string, () => Promise<{ status: string }>> = {
      demanded: () =>
        this.#ledger.demandWithdrawal({ ...request, atMs: number(item, 'askedAtMs') }),
      held: () => this.#ledger.holdWithdrawal({ ...request, atMs: number(item, 'heldAtMs') }),
      finished: () => this.#ledger.finishWithdrawal(ended()),
      returned: () => this.#ledger.returnWithdrawal(ended()),
    };
    const status = text(item, 'status');
    const step = steps[status];
    if (step) this.#did(`withdrawal ${status}`, step());
  }

  #adjustment(before: Item | undefined, item: Item): void {
    const adjustmentId = text(item, 'adjustmentId');
    if (!before) {
      const [by, why, house] = [text(item, 'by'), text(item, 'why'), text(item, 'house')];
      const proposal = { adjustmentId, account: text(item, 'account'), house, by, why };
      const atMs = number(item, 'atMs');
      this.#did('propose', this.#ledger.proposeAdjustment({ ...proposal, ...moneyOf(item), atMs }));
      return;
    }
    const words = item['approvals'] as Item[];
    const last = words.at(-1);
    if (last && words.length > (before['approvals'] as Item[]).length) {
      const word = { adjustmentId, by: text(last, 'by'), atMs: number(last, 'atMs') };
      this.#did('approve', this.#ledger.approveAdjustment(word));
    }
    const rejection = item['rejection'] as Item | undefined;
    if (!rejection) return;
    const [by, why] = [text(rejection, 'by'), text(rejection, 'why')];
    const word = { adjustmentId, by, why, atMs: number(rejection, 'atMs') };
    this.#did('reject', this.#ledger.rejectAdjustment(word));
  }

  #grant(item: Item): void {
    const [account, groupId] = [text(item, 'account'), text(item, 'groupId')];
    const { asset, units: granted } = moneyOf(item);
    const wish = { account, asset, groupId, least: granted, most: granted };
    this.#did('grant', this.#ledger.grant({ ...wish, atMs: number(item, 'atMs') }));
  }

  /** A whole run when its first part is posted: whoever acts in between has no less than there. */
  #clear(groupId: string, cursor: Item): void {
    const run = cursor['run'] as Item | undefined;
    this.#isHalfPosted ||= run !== undefined;
    const toFrame = run ? number(run, 'toFrame') : number(cursor['watermark'] as Item, 'frame');
    const from = this.#cleared.get(groupId) ?? 0;
    if (toFrame <= from) return;
    this.#cleared.set(groupId, toFrame);
    const group = this.#groups.find((each) => each.groupId === groupId);
    this.#ledger.clear(groupId, group?.frames.slice(from, toFrame) ?? []);
  }

  #did(what: string, answered: Promise<{ status: string }>): void {
    this.#answers.push({ what, answered });
  }

  async audit(table: SimulatedTable, store: LedgerStore): Promise<string[]> {
    const problems: string[] = [];
    for (const { what, answered } of this.#answers) {
      const { status } = await answered;
      if (!['created', 'granted', 'approvals_missing'].includes(status))
        problems.push(`in memory a ${what} that was done is ${status}`);
    }
    for (const account of [...traders, ...subAccounts, ...houseAccounts]) {
      const compare = (what: string, one: unknown, other: unknown) => {
        const difference = differs(one, other);
        if (difference)
          problems.push(`${what} of ${account} (in memory, and stored): ${difference}`);
      };
      const page = { limit: 10_000 };
      compare('balances', await this.#ledger.balances(account), await store.balances(account));
      const { withdrawals } = await this.#ledger.withdrawals(account, page);
      compare('withdrawals', withdrawals, (await store.withdrawals(account, page)).withdrawals);
      const { entries } = await this.#ledger.entries(account, page);
      const stored = [...table.partition(tables.ledger, ledgerKeys.entries(account)).values()];
      compare('entries', entries.map(this.#bare), sorted(stored.map(readEntry)).map(this.#bare));
    }
    const limit = { limit: 1_000 };
    const adjustments = [
      await this.#ledger.adjustments(1_000),
      await store.adjustments(limit.limit),
    ];
    const difference = differs(adjustments[0], adjustments[1]);
    if (difference) problems.push(`adjustments (in memory, and stored): ${difference}`);
    return problems;
  }

  /** What is available amid a run that is half posted there is told otherwise here. */
  #bare = (entry: ReturnType<typeof readEntry>): unknown => {
    if (!this.#isHalfPosted) return entry;
    const { availableAfterUnits: _, ...rest } = entry;
    return rest;
  };
}

const text = (item: Item, name: string): string => String(item[name]);
const number = (item: Item, name: string): number => Number(item[name]);

const moneyOf = (item: Item) => ({
  asset: text(item, 'asset'),
  units: units(item['units'] as bigint),
});

/** Newest first. */
const sorted = (entries: ReturnType<typeof readEntry>[]) =>
  entries.sort((a, b) => (a.entryId < b.entryId ? 1 : -1));
