/** The ledger in memory, as the suite looks at it. */
import type { HandWrittenJournal } from '../cloud/clearing-journal.ts';
import type { LedgerUnderTest } from './ledger-under-test.ts';
import { MemoryLedger } from './memory-ledger.ts';

export function memoryUnderTest(assets?: ReadonlySet<string>): LedgerUnderTest {
  const ledger = new MemoryLedger(assets);
  const cleared = new Map<HandWrittenJournal, number>();
  return {
    ledger,
    async clear(journal) {
      ledger.clear(journal.groupId, journal.frames.slice(cleared.get(journal) ?? 0));
      cleared.set(journal, journal.frames.length);
    },
    outbox: async () => [...ledger.outbox],
    accounts: async () => [...ledger.directory.keys()],
    everything: async () => structuredClone(ledger.everything()),
  };
}
