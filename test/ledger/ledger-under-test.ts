/** One of the two ledgers, with a journal to clear and a look at what it keeps; and the money that moves in the suite. */
import type { LedgerEntry, LedgerStore } from '#cloud/ledger-store.ts';
import { type Units, units } from '#domain/amount.ts';
import type { OutboxBody } from '#wire/outbox.ts';
import { insuranceAccount } from '#wire/table-keys.ts';
import { account, type HandWrittenJournal, startMs } from '../cloud/clearing-journal.ts';

export type LedgerUnderTest = {
  ledger: LedgerStore;
  /** Clears what the journal holds by now, as one run. */
  clear(journal: HandWrittenJournal): Promise<void>;
  /** What consumers are told of operations. */
  outbox(): Promise<OutboxBody[]>;
  /** Every user's account that ever had an operation. */
  accounts(): Promise<string[]>;
  /** All that is kept, to see whether anything changed. */
  everything(): Promise<unknown>;
};

/** What both ledgers list. */
export const listed: ReadonlySet<string> = new Set(['ETH', 'USDC']);

export const alice = account(1);
export const bob = account(2);
export const u = (value: number | bigint): Units => units(value);

/** The verbs of the suite, with USDC of Alice where nothing else is said. */
export function movesOf(ledger: LedgerStore) {
  const of = (owner: string, asset: string, value: number | bigint) => ({
    ...{ account: owner, asset, units: u(value), atMs: startMs },
  });
  let names = 0;
  const moves = {
    deposit: (operationId: string, value: number | bigint, asset = 'USDC', owner = alice) =>
      ledger.deposit({ operationId, ...of(owner, asset, value) }),
    transfer: (
      operationId: string,
      { from, to }: { from: string; to: string },
      value: number | bigint,
      asset = 'USDC',
    ) => ledger.transfer({ operationId, from, to, asset, units: u(value), atMs: startMs }),
    demand: (withdrawalId: string, value: number | bigint, asset = 'USDC', owner = alice) =>
      ledger.demandWithdrawal({ withdrawalId, ...of(owner, asset, value) }),
    hold: (withdrawalId: string, value: number | bigint, asset = 'USDC', owner = alice) =>
      ledger.holdWithdrawal({ withdrawalId, ...of(owner, asset, value) }),
    finish: (withdrawalId: string) => ledger.finishWithdrawal({ withdrawalId, atMs: startMs }),
    giveBack: (withdrawalId: string) => ledger.returnWithdrawal({ withdrawalId, atMs: startMs }),
    propose: (
      adjustmentId: string,
      value: number | bigint,
      { by = 'ann', house = insuranceAccount, asset = 'USDC', owner = alice } = {},
    ) => {
      const why = 'ticket 812';
      return ledger.proposeAdjustment({ adjustmentId, house, by, why, ...of(owner, asset, value) });
    },
    approve: (adjustmentId: string, by: string) =>
      ledger.approveAdjustment({ adjustmentId, by, atMs: startMs }),
    reject: (adjustmentId: string, by: string) =>
      ledger.rejectAdjustment({ adjustmentId, by, why: 'a mistake', atMs: startMs }),
    grant: (least: number, most: number, { groupId = 'g1', asset = 'USDC', owner = alice } = {}) =>
      ledger.grant({
        ...{ account: owner, asset, groupId, atMs: startMs },
        ...{ least: u(least), most: u(most) },
      }),
    /** Alice's money goes to the house, by all three people that it takes. */
    async endow(value: number, asset = 'USDC') {
      names += 1;
      const name = `endowment-${names}`;
      await moves.deposit(`d-${name}`, value, asset);
      await moves.propose(name, -value, { asset });
      await moves.approve(name, 'bea');
      return moves.approve(name, 'cyd');
    },
    async balance(owner = alice, asset = 'USDC') {
      const found = (await ledger.balances(owner)).find((each) => each.asset === asset);
      const { available = 0n, demanded = 0n, withdrawing = 0n } = found ?? {};
      return { available, demanded, withdrawing };
    },
  };
  return moves;
}
export type Moves = ReturnType<typeof movesOf>;

/** Every entry of an account, oldest first. */
export async function entriesOf(ledger: LedgerStore, owner: string): Promise<LedgerEntry[]> {
  const entries: LedgerEntry[] = [];
  let cursor: string | undefined;
  do {
    const page = await ledger.entries(owner, {
      limit: 100,
      ...(cursor === undefined ? {} : { cursor }),
    });
    entries.push(...page.entries);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return entries.reverse();
}
