/** Creates what the template describes on the emulators; what is already there from an earlier boot stays as it is. */
import type { Assembly, Resource } from './assembly.ts';
import type { AwsClients } from './aws-clients.ts';
import { provisionBucket } from './provision-bucket.ts';
import { provisionQueues } from './provision-queues.ts';
import { provisionStream } from './provision-stream.ts';
import { provisionTable } from './provision-table.ts';

export type ProvisionOptions = {
  assembly: Assembly;
  clients: AwsClients;
  progress: (text: string) => void;
};

export async function provision(options: ProvisionOptions): Promise<void> {
  const { assembly, clients, progress } = options;
  const tables = [
    ...assembly.of('AWS::DynamoDB::GlobalTable'),
    ...assembly.of('AWS::DynamoDB::Table'),
  ];
  const streams = assembly.of('AWS::Kinesis::Stream');
  const queues = assembly.of('AWS::SQS::Queue');
  const buckets = assembly.of('AWS::S3::Bucket');

  await Promise.all([
    each(tables, (table) => provisionTable(clients.dynamodb, table)),
    each(streams, (stream) => provisionStream(clients.kinesis, stream)),
    provisionQueues(clients.sqs, queues),
    each(buckets, (bucket) => provisionBucket(clients.s3, bucket)),
  ]);
  progress(
    `${tables.length} tables, ${streams.length} streams, ${queues.length} queues, ${buckets.length} buckets are there`,
  );
}

/** One after the other: the emulators serialize writes anyhow, and the first error names its resource. */
async function each(
  resources: Resource[],
  create: (resource: Resource) => Promise<void>,
): Promise<void> {
  for (const resource of resources) {
    try {
      await create(resource);
    } catch (error) {
      throw new Error(
        `Stack ${resource.stack}, ${resource.id}: ${resource.type} ${resource.name} cannot be created: ${(error as Error).message}`,
      );
    }
  }
}
