/** The ledger in memory, after the stores' rules: grants wait for the one before, a run's changes are posted one by one. */
import type { Balance, Lent } from '#cloud/ledger-store.ts';
import { units } from '#domain/amount.ts';
import { availableChange, type CreditChange, netFrames } from '#domain/clearing.ts';
import type { HandWrittenJournal } from '../cloud/clearing-journal.ts';
import type { WorldLedger } from './money-world.ts';

type Lines = Map<string, { available: bigint; lent: Map<string, Lent>; pending: Set<string> }>;

export function plainLedger(): WorldLedger {
  const lines: Lines = new Map();
  const cleared = new Map<string, number>();
  /** Changes of a run that was begun. */
  const open = new Map<string, CreditChange[]>();
  const lineOf = (account: string, asset: string) => {
    const key = `${account} ${asset}`;
    const line = lines.get(key) ?? { available: 0n, lent: new Map(), pending: new Set() };
    lines.set(key, line);
    return line;
  };
  const lentOf = (account: string, asset: string, groupId: string): Lent => {
    const { lent } = lineOf(account, asset);
    const zero = units(0);
    const numbers = { grantNumber: 0, grantedUnits: zero, returnNumber: 0, returnedUnits: zero };
    const found = lent.get(groupId) ?? { groupId, ...numbers };
    lent.set(groupId, found);
    return found;
  };
  return {
    async deposit(account, asset, deposited) {
      lineOf(account, asset).available += deposited;
    },
    async grant({ account, asset, groupId, units: wanted }) {
      const line = lineOf(account, asset);
      if (line.pending.has(groupId) || line.available < wanted) return undefined;
      const lent = lentOf(account, asset, groupId);
      lent.grantNumber += 1;
      lent.grantedUnits = units(wanted);
      line.available -= wanted;
      line.pending.add(groupId);
      return lent.grantNumber;
    },
    async clear({ groupId, frames }: HandWrittenJournal, records) {
      const from = cleared.get(groupId) ?? 0;
      const run = frames.slice(from, Math.max(from, records));
      const changes = open.get(groupId) ?? netFrames(run, 'house:fees');
      if (!open.has(groupId)) cleared.set(groupId, from + run.length);
      // Odd sizes leave the run half posted.
      const now = changes.splice(0, records % 2 ? 1 : changes.length);
      if (changes.length > 0) open.set(groupId, changes);
      else open.delete(groupId);
      for (const change of now) {
        const { account, asset, granted, returnedUnits, returnNumber } = change;
        const line = lineOf(account, asset);
        if (granted) line.pending.delete(groupId);
        if (returnedUnits === 0n) continue;
        const lent = lentOf(account, asset, groupId);
        line.available += availableChange({ ...change, granted: { grantNumber: 0, units: 0n } });
        lent.returnNumber = returnNumber;
        lent.returnedUnits = units(lent.returnedUnits + returnedUnits);
      }
    },
    balances: async (account) =>
      [...lines].flatMap(([key, { available, lent }]): Balance[] => {
        const [owner, asset = ''] = key.split(' ');
        if (owner !== account) return [];
        const balance = {
          asset,
          available: units(available),
          demanded: units(0),
          withdrawing: units(0),
          credit: [],
        };
        return [{ ...balance, lent: structuredClone([...lent.values()]) }];
      }),
  };
}
