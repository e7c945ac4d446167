/** An exchange at the end of a day, as the proof of liabilities sees it: sums of accounts, a reconciliation, a bucket and the days. */
import { createHash } from 'node:crypto';
import type { AccountSums } from '#cloud/account-sums.ts';
import type { LiabilityDay, LiabilityDays } from '#cloud/liability-days.ts';
import { createProofReader } from '#cloud/liability-proofs.ts';
import { saltsOf } from '#cloud/liability-salt.ts';
import { assetIn, emptyBook, groupIn } from '#domain/account-book.ts';
import type { Asset } from '#domain/asset.ts';
import type { Reconciliation } from '#domain/reconciliation.ts';
import { ledgerKeys, vaultAccount } from '#wire/table-keys.ts';
import type { ProvePorts } from '../../functions/liabilities/prove-liabilities.ts';
import { Died } from '../cloud/memory-bucket.ts';
import { MemoryTrees } from '../cloud/memory-trees.ts';

export const day = '2026-01-31';
/** A quarter past midnight of the day after. */
export const nowMs = Date.parse('2026-02-01T00:15:00Z');
export const accountOf = (number: number): string =>
  `0x${createHash('sha256').update(String(number)).digest('hex').slice(0, 40)}`;

type Sides = { available?: bigint; withdrawing?: bigint; frozen?: bigint };

/** Days in memory, as conditional as the table's. */
export class MemoryDays implements LiabilityDays {
  readonly kept = new Map<string, LiabilityDay>();
  writes = 0;
  /** The write at which the process dies, and whether it was done. */
  death: { write: number; isDone: boolean } | undefined;

  async read(of: string) {
    await Promise.resolve();
    return this.kept.get(of);
  }

  async page({ limit, before = '~' }: { limit: number; before?: string }) {
    const days = [...this.kept.values()].filter((each) => each.day < before);
    return days.sort((a, b) => (a.day < b.day ? 1 : -1)).slice(0, limit);
  }

  async write(next: Omit<LiabilityDay, 'step'>, seen: number) {
    this.writes += 1;
    await Promise.resolve();
    const dies = this.death?.write === this.writes;
    if (dies && !this.death?.isDone) throw new Died();
    const known = this.kept.get(next.day);
    const isNext = known ? known.step === seen && known.state !== 'published' : seen === 0;
    const written = { ...next, step: seen + 1 };
    if (isNext) this.kept.set(next.day, written);
    if (dies) throw new Died();
    return isNext ? written : undefined;
  }
}

export function liabilitiesWorld() {
  const secret = 'a secret of at least thirty-two characters';
  const saltOf = saltsOf(secret);
  const bucket = new MemoryTrees();
  const days = new MemoryDays();
  const books = new Map<string, AccountSums>();
  const world = {
    ...{ bucket, days, saltOf, books },
    proofs: createProofReader({ bucket, saltOf }),
    isReconciled: true,
    totals: undefined as Reconciliation['totals'] | undefined,
    leftMs: 900_000,
    parts: 0,
    /** What an account holds at the end of the day; the vault holds the other side. */
    owe(account: string, asset: string, sides: Sides) {
      post(account, asset, sides);
      const { available = 0n, withdrawing = 0n, frozen = 0n } = sides;
      post(vaultAccount, asset, { available: -(available + withdrawing + frozen) });
    },
    post,
    ports: (): ProvePorts => ({
      ...{ bucket, days, saltOf },
      async accountsAfter(shard, after, limit) {
        await Promise.resolve();
        return [...books.keys()]
          .filter((account) => !account.startsWith('house:'))
          .filter(
            (account) => ledgerKeys.directory(account).pk === ledgerKeys.directoryShard(shard),
          )
          .filter((account) => account > after)
          .sort()
          .slice(0, limit);
      },
      sumsThrough: async (account) => books.get(account),
      reconciled: async () =>
        world.isReconciled
          ? ({ totals: world.totals ?? [] } as unknown as Reconciliation)
          : undefined,
      assets: async () => [listed('ETH', 8), listed('USDC', 6)],
      vaultAt: async (_day, _asset, vaultUnits) => ({ vaultUnits, vaultSource: 'ledger' }),
      newPart: () => {
        world.parts += 1;
        return `part-${world.parts}`;
      },
      nowMs: () => nowMs,
      remainingMs: () => world.leftMs,
    }),
  };
  return world;

  function post(
    account: string,
    asset: string,
    { available = 0n, withdrawing = 0n, frozen = 0n }: Sides,
  ) {
    const sums = books.get(account) ?? { day, book: emptyBook(account) };
    books.set(account, sums);
    const book = assetIn(sums.book, asset);
    book.availableUnits += available;
    book.withdrawingUnits += withdrawing;
    if (frozen !== 0n) groupIn(book, 'majors').frozenUnits += frozen;
  }
}

export type LiabilitiesWorld = ReturnType<typeof liabilitiesWorld>;

const listed = (id: string, decimals: number): Asset => ({
  ...{ id, decimals, chainDecimals: 18 },
  chainAsset: '0x1',
});
