/** Statements of accounts to which nothing has happened yet. */
import type { StatementStore } from '#cloud/statement-store.ts';

export const emptyStatements: StatementStore = {
  entries: async () => ({ entries: [] }),
  entriesOf: async () => [],
  deposits: async () => ({ deposits: [] }),
  deposit: async () => undefined,
  withdrawals: async () => ({ withdrawals: [] }),
  withdrawal: async () => undefined,
};
