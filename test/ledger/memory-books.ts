/** Every line of the ledger in memory, and how an operation is written to them: both sides, their entries, who is told. */
import type { Balance, LedgerEntry, OperationAnswer, PendingGrant } from '#cloud/ledger-store.ts';
import { units as asUnits } from '#domain/amount.ts';
import {
  isHouse,
  isSameOperation,
  type LedgerOperation,
  type PostedOperation,
} from '#domain/ledger-operation.ts';
import type { OutboxBody } from '#wire/outbox.ts';
import { ledgerKeys } from '#wire/table-keys.ts';

/** One (account, asset). */
export type Line = {
  account: string;
  asset: string;
  available: bigint;
  demanded: bigint;
  withdrawing: bigint;
  operatedAtMs: number;
  /** The newest clock of money that came by a transfer. */
  transferClock: number;
  /** Newest clock of a return, by group. */
  clocks: Map<string, number>;
  credit: Map<string, Credit>;
};

/** One (account, asset, group). */
export type Credit = {
  frozen: bigint;
  pending: PendingGrant | undefined;
  grantNumber: number;
  grantedUnits: bigint;
  returnNumber: number;
  returnedUnits: bigint;
};

type Side = { account: string; available: bigint; withdrawing?: bigint; counterparty: string };

export class MemoryBooks {
  readonly lines = new Map<string, Line>();
  readonly booked: LedgerEntry[] = [];
  /** What consumers are told. */
  readonly outbox: OutboxBody[] = [];
  /** When each user's account had its first operation. */
  readonly directory = new Map<string, number>();
  readonly operations = new Map<string, PostedOperation>();

  /** To be changed. */
  line(account: string, asset: string): Line {
    const line = this.look(account, asset);
    this.lines.set(`${account} ${asset}`, line);
    return line;
  }

  /** To be looked at: a line that nobody changed is not kept. */
  look(account: string, asset: string): Line {
    const zeros = {
      available: 0n,
      demanded: 0n,
      withdrawing: 0n,
      operatedAtMs: -1,
      transferClock: 0,
    };
    return (
      this.lines.get(`${account} ${asset}`) ?? {
        ...{ account, asset, ...zeros },
        ...{ clocks: new Map(), credit: new Map() },
      }
    );
  }

  /** The newest clock from which money of the line may come. */
  clockOf(account: string, asset: string): number {
    const { clocks, transferClock } = this.look(account, asset);
    return Math.max(transferClock, ...clocks.values());
  }

  credit(account: string, asset: string, groupId: string): Credit {
    const { credit } = this.line(account, asset);
    const known = credit.get(groupId);
    if (known) return known;
    const counts = { grantNumber: 0, grantedUnits: 0n, returnNumber: 0, returnedUnits: 0n };
    const fresh: Credit = { frozen: 0n, pending: undefined, ...counts };
    credit.set(groupId, fresh);
    return fresh;
  }

  balances = async (account: string): Promise<Balance[]> =>
    [...this.lines.values()]
      .filter((line) => line.account === account)
      .sort((a, b) => (a.asset < b.asset ? -1 : 1))
      .map(balanceOf);

  async sums() {
    const sums = new Map<string, bigint>();
    for (const line of this.lines.values()) {
      let all = line.available + line.withdrawing;
      for (const { frozen, pending } of line.credit.values())
        all += frozen + (pending?.units ?? 0n);
      sums.set(line.asset, (sums.get(line.asset) ?? 0n) + all);
    }
    return [...sums]
      .map(([asset, units]) => ({ asset, units }))
      .sort((a, b) => (a.asset < b.asset ? -1 : 1));
  }

  /** What the same business id did before, or that it meant something else. */
  first(operationId: string, operation: LedgerOperation): OperationAnswer | undefined {
    const first = this.operations.get(operationId);
    if (!first) return undefined;
    return isSameOperation(first, operation)
      ? { status: 'exists', operation: first }
      : { status: 'exists_with_different_content' };
  }

  post(
    operationId: string,
    operation: LedgerOperation,
    atMs: number,
    sides: readonly Side[],
    ordered?: { by: string; why: string },
  ): { status: 'created'; operation: PostedOperation } {
    const { asset } = operation;
    const users = sides.map(({ account }) => account).filter((account) => !isHouse(account));
    const stamp = Math.max(
      atMs,
      ...users.map((account) => this.look(account, asset).operatedAtMs + 1),
    );
    const posted: PostedOperation = { ...operation, operationId, atMs: stamp, ...ordered };
    if (operation.kind === 'transfer') {
      const clock = this.clockOf(operation.from, asset);
      if (clock > 0) posted.clock = clock;
      const taker = this.line(operation.to, asset);
      taker.transferClock = Math.max(taker.transferClock, isHouse(operation.to) ? 0 : clock);
    }
    this.operations.set(operationId, posted);
    for (const { account, available, withdrawing = 0n, counterparty } of sides) {
      const line = this.line(account, asset);
      line.available += available;
      line.withdrawing += withdrawing;
      const isUser = !isHouse(account);
      if (isUser) line.operatedAtMs = stamp;
      if (isUser && !this.directory.has(account)) this.directory.set(account, stamp);
      const after = {
        availableAfterUnits: asUnits(line.available),
        withdrawingAfterUnits: asUnits(line.withdrawing),
      };
      this.booked.push({
        entryId: ledgerKeys.operationEntry(account, operationId, asset, stamp).sk,
        ...{ account, asset, atMs: stamp, business: operation.kind, businessId: operationId },
        availableUnits: asUnits(available),
        withdrawingUnits: asUnits(withdrawing),
        frozenUnits: asUnits(0),
        ...(isUser ? after : {}),
        ...{ counterparty, trades: [] },
      });
    }
    if (users.length > 0)
      this.outbox.push({ type: 'operation', operationId, atMs: stamp, accounts: users });
    return { status: 'created', operation: posted };
  }
}

function balanceOf(line: Line): Balance {
  const credits = [...line.credit].sort(([one], [other]) => (one < other ? -1 : 1));
  return {
    asset: line.asset,
    available: asUnits(line.available),
    demanded: asUnits(line.demanded),
    withdrawing: asUnits(line.withdrawing),
    credit: credits.map(([groupId, { frozen, pending }]) => ({
      groupId,
      frozen: asUnits(frozen),
      pending: asUnits(pending?.units ?? 0n),
    })),
    lent: credits
      .filter(([, { grantNumber, returnNumber }]) => grantNumber > 0 || returnNumber > 0)
      .map(([groupId, credit]) => ({
        groupId,
        grantNumber: credit.grantNumber,
        grantedUnits: asUnits(credit.grantedUnits),
        returnNumber: credit.returnNumber,
        returnedUnits: asUnits(credit.returnedUnits),
      })),
  };
}
