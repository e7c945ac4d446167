/** Withdrawals as they must be: their steps are operations; only a demand that moved no money yet is told by nobody else. */
import { type PostedOperation, withdrawalOperation } from '#domain/ledger-operation.ts';
import { ledgerKeys } from '#wire/table-keys.ts';
import type { Item } from './batch-items.ts';
import type { MoneyName } from './rebuilt-ledger.ts';
import { storedUnits } from './stored-number.ts';

export class RebuiltWithdrawals {
  readonly #steps = new Map<string, PostedOperation>();
  /** As the live ledger has them, by id. */
  readonly #live = new Map<string, Item>();

  applyOperation(posted: PostedOperation): void {
    if (posted.kind.startsWith('withdraw_')) this.#steps.set(posted.operationId, posted);
  }

  /** An item of the live ledger, as it is now. */
  see(item: Item): void {
    this.#live.set(String(item['withdrawalId']), item);
  }

  /** Every one that an operation or the live ledger knows. */
  items(): Item[] {
    const ids = new Set(this.#live.keys());
    for (const operationId of this.#steps.keys())
      ids.add(operationId.slice(0, operationId.lastIndexOf(':')));
    return [...ids].map((id) => this.#item(id));
  }

  /** What withdrawals keep of a balance and have not set aside yet. */
  demandedUnits(): ReadonlyMap<string, bigint> {
    const demanded = new Map<string, bigint>();
    for (const item of this.items()) {
      if (item['status'] !== 'demanded') continue;
      const name = demandName({ account: String(item['account']), asset: String(item['asset']) });
      demanded.set(name, (demanded.get(name) ?? 0n) + storedUnits(item['units']));
    }
    return demanded;
  }

  #item(withdrawalId: string): Item {
    const live = this.#live.get(withdrawalId);
    const step = (name: 'hold' | 'finish' | 'return') =>
      this.#steps.get(withdrawalOperation(withdrawalId, name));
    const hold = step('hold');
    // Nothing but its item knows of a demand, or of one that was given up.
    if (!hold) return { ...live, ...ledgerKeys.withdrawal(withdrawalId) };
    const finish = step('finish');
    const ended = finish ?? step('return');
    const { asset, units, atMs } = hold;
    return {
      ...ledgerKeys.withdrawal(withdrawalId),
      ...{ withdrawalId, asset, units, account: 'account' in hold ? hold.account : '' },
      status: finish ? 'finished' : ended ? 'returned' : 'held',
      askedAtMs: live?.['askedAtMs'] ?? atMs,
      heldAtMs: atMs,
      ...(ended ? { endedAtMs: ended.atMs } : {}),
    };
  }
}

export const demandName = ({ account, asset }: MoneyName): string => `${account}#${asset}`;
