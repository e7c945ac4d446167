/** Where a stage's journals are, for whoever reads them from outside: streams and the archive's bucket. */
import { GetFunctionConfigurationCommand, LambdaClient } from '@aws-sdk/client-lambda';
import type { GroupId } from '#domain/market.ts';
import { archiveFunctionName } from '#wire/operations.ts';
import { type ArchiveReader, bucketOf, createArchiveStore } from './archive-store.ts';
import { bucketClient, kinesisReader, limitedCalls } from './clients.ts';
import { readToTip } from './journal-reader.ts';
import type { JournalRecord } from './journal-run.ts';
import { journalStreamsOf, setting } from './settings.ts';

export type JournalPlaces = {
  /** Pair group → stream name. */
  streams: Record<GroupId, string>;
  bucket: string;
  /** Of a local cloud; AWS by the machine's own settings where absent. */
  endpoints?: { kinesis: string; s3: string };
};

export type Journals = {
  groupIds: GroupId[];
  archive: ArchiveReader;
  /** The stream's records after a shard sequence number (empty text: from the oldest on), to its newest. */
  stream(groupId: GroupId, after: string): AsyncIterable<JournalRecord[]>;
  /** Lets go of connections, which would keep a process alive for seconds. */
  close(): void;
};

/** Nothing could be asked; the message is one sentence. */
export class JournalsUnreachable extends Error {
  override name = 'JournalsUnreachable';
}

/** Of a stage on AWS: the settings of the function that archives name them. */
export async function journalPlacesOf(stage: string): Promise<JournalPlaces> {
  const client = new LambdaClient({ requestHandler: limitedCalls(5_000) });
  const name = archiveFunctionName(stage);
  try {
    const get = new GetFunctionConfigurationCommand({ FunctionName: name });
    const variables = (await client.send(get)).Environment?.Variables ?? {};
    return { streams: journalStreamsOf(variables), bucket: setting(variables, 'archiveBucket') };
  } catch (error) {
    throw new JournalsUnreachable(`${name} does not say where the journals are: ${why(error)}`);
  } finally {
    client.destroy();
  }
}

const sentences: Record<string, string> = {
  ResourceNotFoundException: 'it is not in this account and region. Is the stage deployed here?',
  AccessDeniedException: "these credentials may not ask. Assume the stage's operator role.",
  CredentialsProviderError: 'there are no AWS credentials. Sign in, or set AWS_PROFILE.',
};

const why = (error: unknown): string => {
  const { name, message } = error as Error;
  return sentences[name] ?? message;
};

/** Opens nothing yet: the first read does. */
export function openJournals({ streams, bucket, endpoints }: JournalPlaces): Journals {
  const at = (endpoint: string | undefined) =>
    endpoint === undefined
      ? {}
      : {
          endpoint,
          region: 'us-east-1',
          credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
        };
  const kinesis = kinesisReader(at(endpoints?.kinesis));
  const s3 = bucketClient(at(endpoints?.s3));
  return {
    groupIds: Object.keys(streams),
    archive: createArchiveStore(bucketOf({ client: s3, bucket })),
    stream: (groupId, after) =>
      readToTip({ client: kinesis, stream: streams[groupId] ?? '' }, after),
    close() {
      kinesis.destroy();
      s3.destroy();
    },
  };
}
