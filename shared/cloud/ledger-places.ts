/** Where a stage's ledger and its shadow are, for whoever builds one from the other's sources. */
import { GetFunctionConfigurationCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { archiveFunctionName } from '#wire/operations.ts';
import { documentClient, limitedCalls } from './clients.ts';
import { setting } from './settings.ts';
import type { Table } from './shadow-table.ts';

export type LedgerPlaces = {
  ledgerTable: string;
  shadowTable: string;
  /** Of a local cloud; AWS by the machine's own settings where absent. */
  endpoint?: string;
};

/** Of a stage on AWS: the settings of the function that archives name them, as they do the journals. */
export async function ledgerPlacesOf(stage: string): Promise<LedgerPlaces> {
  const client = new LambdaClient({ requestHandler: limitedCalls(5_000) });
  try {
    const FunctionName = archiveFunctionName(stage);
    const { Environment } = await client.send(
      new GetFunctionConfigurationCommand({ FunctionName }),
    );
    const variables = Environment?.Variables ?? {};
    return {
      ledgerTable: setting(variables, 'ledgerTable'),
      shadowTable: setting(variables, 'shadowTable'),
    };
  } finally {
    client.destroy();
  }
}

export function openLedgers({ ledgerTable, shadowTable, endpoint }: LedgerPlaces): {
  ledger: Table;
  shadow: Table;
  close(): void;
} {
  const client = documentClient(
    endpoint === undefined
      ? {}
      : {
          endpoint,
          region: 'us-east-1',
          credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
        },
  );
  return {
    ledger: { client, table: ledgerTable },
    shadow: { client, table: shadowTable },
    close: () => client.destroy(),
  };
}
