/** Where a stage's ledger and its shadow are, for whoever builds one from the other's sources. */
import { archiveFunctionName } from '#wire/operations.ts';
import { documentClient } from './clients.ts';
import { setting } from './settings.ts';
import type { Table } from './shadow-table.ts';
import { localClient, variablesOf } from './stage-reach.ts';

export type LedgerPlaces = {
  ledgerTable: string;
  shadowTable: string;
  /** Of a local cloud; AWS by the machine's own settings where absent. */
  endpoint?: string;
};

/** Of a stage on AWS: the settings of the function that archives name them, as they do the journals. */
export const ledgerPlacesOf = (stage: string): Promise<LedgerPlaces> =>
  variablesOf(archiveFunctionName(stage), 'the ledgers are', (variables) => ({
    ledgerTable: setting(variables, 'ledgerTable'),
    shadowTable: setting(variables, 'shadowTable'),
  }));

export function openLedgers({ ledgerTable, shadowTable, endpoint }: LedgerPlaces): {
  ledger: Table;
  shadow: Table;
  close(): void;
} {
  const client = documentClient(localClient(endpoint));
  return {
    ledger: { client, table: ledgerTable },
    shadow: { client, table: shadowTable },
    close: () => client.destroy(),
  };
}
