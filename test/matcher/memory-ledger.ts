/** The ledger's grants in memory. `clear` does what settlement does: it follows the journal and ends pending grants and returns. */
import type { GrantOutcome, LedgerStore, PendingGrant } from '#cloud/ledger-store.ts';
import { units } from '#domain/amount.ts';
import { acceptRecord, startOfJournal, type Watermark } from '#wire/accept-record.ts';
import type { MemoryJournal } from './memory-journal.ts';

type GrantPorts = Pick<LedgerStore, 'grant' | 'pendingGrants' | 'balances' | 'accountSettings'>;

export class MemoryLedger {
  /** The clock of what was returned last: each grant copies it. */
  stamp = 0;
  readonly available = new Map<string, bigint>();
  readonly pending = new Map<string, PendingGrant>();
  readonly asked: { account: string; asset: string; least: bigint; most: bigint }[] = [];
  policy: 'exact' | 'sticky' = 'exact';
  /** The next grant is written, its answer never comes. */
  loseNextAnswer = false;
  #numbers = new Map<string, number>();
  #watermarks = new Map<string, Watermark>();

  fund(account: string, asset: string, amount: bigint): void {
    const key = `${account} ${asset}`;
    this.available.set(key, (this.available.get(key) ?? 0n) + amount);
  }

  ports(): GrantPorts {
    return {
      grant: (request) => this.#grant(request),
      pendingGrants: async (groupId) =>
        [...this.pending.values()].filter((grant) => grant.groupId === groupId),
      balances: async (account) =>
        [...this.available]
          .filter(([key]) => key.startsWith(`${account} `))
          .map(([key, amount]) => ({
            asset: key.split(' ')[1] ?? '',
            available: units(amount),
            demanded: units(0),
            withdrawing: units(0),
            credit: [],
            lent: [],
          })),
      accountSettings: async () => ({ creditPolicy: this.policy }),
    };
  }

  async #grant(request: Parameters<GrantPorts['grant']>[0]): Promise<GrantOutcome> {
    const { account, asset, groupId, least, most } = request;
    this.asked.push({ account, asset, least, most });
    const key = `${account} ${asset}`;
    const place = `${key} ${groupId}`;
    const before = this.pending.get(place);
    if (before) return { status: 'pending', grant: before };
    const available = this.available.get(key) ?? 0n;
    if (available < least) return { status: 'balance_too_low', available: units(available) };
    const granted = available < most ? available : most;
    const grantNumber = (this.#numbers.get(place) ?? 0) + 1;
    this.#numbers.set(place, grantNumber);
    this.available.set(key, available - granted);
    const grant = {
      account,
      asset,
      groupId,
      grantNumber,
      units: units(granted),
      clock: this.stamp,
    };
    this.pending.set(place, grant);
    if (this.loseNextAnswer) {
      this.loseNextAnswer = false;
      throw new Error('the answer was lost');
    }
    return { status: 'granted', grant };
  }

  /** How far `clear` has come. */
  cleared(groupId: string): Watermark {
    return this.#watermarks.get(groupId) ?? startOfJournal;
  }

  /** Settles what the journal holds by now. */
  clear(groupId: string, journal: MemoryJournal): void {
    let state = this.#watermarks.get(groupId) ?? startOfJournal;
    for (const record of journal.records) {
      if (record.shardSequence <= state.shardSequence) continue;
      const verdict = acceptRecord(groupId, state, record);
      if (verdict.type === 'stop') throw new Error(verdict.detail);
      state = verdict.state;
      if (verdict.type !== 'frame') continue;
      for (const event of verdict.frame.outcomes.flatMap(({ events }) => events)) {
        if (event.type === 'credit_granted')
          this.pending.delete(`${event.account} ${event.asset} ${groupId}`);
        if (event.type === 'credit_returned')
          this.fund(event.account, event.asset, BigInt(event.units));
      }
    }
    this.#watermarks.set(groupId, state);
  }
}
