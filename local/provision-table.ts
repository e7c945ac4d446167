/** Creates a DynamoDB table with its indexes, stream and expiry. */

import { setTimeout as sleep } from 'node:timers/promises';
import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DescribeTableCommand,
  type DynamoDBClient,
  type GlobalSecondaryIndex,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import type { Resource } from './assembly.ts';

type TableProps = Pick<
  CreateTableCommandInput,
  'KeySchema' | 'AttributeDefinitions' | 'GlobalSecondaryIndexes' | 'LocalSecondaryIndexes'
> & {
  StreamSpecification?: { StreamViewType?: string };
  TimeToLiveSpecification?: { Enabled?: boolean; AttributeName?: string };
};

export async function provisionTable(client: DynamoDBClient, table: Resource): Promise<void> {
  const props = table.props as TableProps;
  const existing = await describe(client, table.name);
  if (existing === undefined) {
    await client.send(new CreateTableCommand(tableInput(table.name, props)));
    while ((await describe(client, table.name))?.TableStatus !== 'ACTIVE') await sleep(20);
    await expire(client, table.name, props);
    return;
  }
  refuseOtherKeys(existing, props);
}

function tableInput(name: string, props: TableProps): CreateTableCommandInput {
  const input: CreateTableCommandInput = {
    TableName: name,
    KeySchema: props.KeySchema,
    AttributeDefinitions: props.AttributeDefinitions,
    BillingMode: 'PAY_PER_REQUEST',
  };
  if (props.LocalSecondaryIndexes) input.LocalSecondaryIndexes = props.LocalSecondaryIndexes;
  if (props.GlobalSecondaryIndexes) {
    input.GlobalSecondaryIndexes = props.GlobalSecondaryIndexes.map(plainIndex);
  }
  if (props.StreamSpecification) {
    // The template of a global table leaves StreamEnabled out; the API wants it.
    const view = props.StreamSpecification.StreamViewType ?? 'NEW_AND_OLD_IMAGES';
    input.StreamSpecification = { StreamEnabled: true, StreamViewType: view as 'NEW_IMAGE' };
  }
  return input;
}

/** A template's index carries throughput settings that the API call has no place for. */
function plainIndex(index: GlobalSecondaryIndex): GlobalSecondaryIndex {
  return {
    IndexName: index.IndexName,
    KeySchema: index.KeySchema,
    Projection: index.Projection,
  };
}

async function expire(client: DynamoDBClient, name: string, props: TableProps): Promise<void> {
  const { Enabled, AttributeName } = props.TimeToLiveSpecification ?? {};
  if (AttributeName === undefined || Enabled === false) return;
  await client.send(
    new UpdateTimeToLiveCommand({
      TableName: name,
      TimeToLiveSpecification: { Enabled: true, AttributeName },
    }),
  );
}

async function describe(client: DynamoDBClient, name: string) {
  try {
    return (await client.send(new DescribeTableCommand({ TableName: name }))).Table;
  } catch (error) {
    if ((error as Error).name === 'ResourceNotFoundException') return undefined;
    throw error;
  }
}

type Described = Awaited<ReturnType<typeof describe>>;

/** Keys, indexes and streams of stored tables are not migrated locally: old data under a new shape would be a riddle. */
function refuseOtherKeys(existing: Described, props: TableProps): void {
  const shape = (
    keys: TableProps['KeySchema'],
    indexes: readonly { IndexName?: string | undefined }[] | undefined,
    isStreamed: boolean,
  ) =>
    JSON.stringify([
      (keys ?? []).map((key) => [key.AttributeName, key.KeyType]),
      (indexes ?? []).map((index) => index.IndexName).sort(),
      isStreamed,
    ]);
  const stored = shape(
    existing?.KeySchema,
    existing?.GlobalSecondaryIndexes,
    existing?.StreamSpecification?.StreamEnabled === true,
  );
  const wanted = shape(
    props.KeySchema,
    props.GlobalSecondaryIndexes,
    props.StreamSpecification !== undefined,
  );
  if (stored !== wanted) {
    throw new Error(
      'its keys, indexes or stream differ from the stored table: begin anew with `npm start -- --fresh`.',
    );
  }
}
