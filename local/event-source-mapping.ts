/** Reads an AWS::Lambda::EventSourceMapping, with AWS's defaults; what the local cloud cannot do is refused by name. */
import type { Resource } from './assembly.ts';
import { createEventFilter, type EventFilter } from './event-filter.ts';
import type { ShardReaderSettings } from './shard-reader.ts';

export type SourceKind = 'kinesis' | 'dynamodb' | 'sqs';

export type EventSourceMapping = {
  id: string;
  kind: SourceKind;
  sourceArn: string;
  functionName: string;
  isEnabled: boolean;
  settings: ShardReaderSettings;
  startingPosition: 'TRIM_HORIZON' | 'LATEST' | 'AT_TIMESTAMP';
  startingAtMs: number | undefined;
  /** Where discarded records are told of. */
  onFailureArn: string | undefined;
  maxConcurrency: number | undefined;
  filter: EventFilter;
};

const KNOWN: ReadonlySet<string> = new Set([
  'BatchSize',
  'BisectBatchOnFunctionError',
  'DestinationConfig',
  'Enabled',
  'EventSourceArn',
  'FilterCriteria',
  'FunctionName',
  'FunctionResponseTypes',
  'MaximumBatchingWindowInSeconds',
  'MaximumRecordAgeInSeconds',
  'MaximumRetryAttempts',
  'MetricsConfig',
  'ParallelizationFactor',
  'ScalingConfig',
  'StartingPosition',
  'StartingPositionTimestamp',
  'Tags',
]);

type MappingProps = {
  BatchSize?: number;
  BisectBatchOnFunctionError?: boolean;
  DestinationConfig?: { OnFailure?: { Destination?: string } };
  Enabled?: boolean;
  EventSourceArn?: string;
  FilterCriteria?: { Filters?: { Pattern?: string }[] };
  FunctionName?: string;
  FunctionResponseTypes?: string[];
  MaximumBatchingWindowInSeconds?: number;
  MaximumRecordAgeInSeconds?: number;
  MaximumRetryAttempts?: number;
  ParallelizationFactor?: number;
  ScalingConfig?: { MaximumConcurrency?: number };
  StartingPosition?: EventSourceMapping['startingPosition'];
  StartingPositionTimestamp?: number;
};

export function readEventSourceMapping(resource: Resource): EventSourceMapping {
  const where = `Stack ${resource.stack}, ${resource.id}`;
  const unknown = Object.keys(resource.props).find((property) => !KNOWN.has(property));
  if (unknown !== undefined) {
    throw new Error(
      `${where}: the local cloud does not support ${unknown} of an event source mapping: leave it out of the local stage, or teach it to local/event-source-mapping.ts.`,
    );
  }
  const props = resource.props as MappingProps;
  const sourceArn = String(props.EventSourceArn);
  const onFailureArn = props.DestinationConfig?.OnFailure?.Destination;
  if (onFailureArn !== undefined && !onFailureArn.includes(':sqs:')) {
    throw new Error(`${where}: the on-failure destination ${onFailureArn} is not an SQS queue.`);
  }
  return {
    id: resource.name,
    kind: kindOf(sourceArn, where),
    sourceArn,
    functionName: String(props.FunctionName),
    isEnabled: props.Enabled !== false,
    settings: settingsOf(props, kindOf(sourceArn, where)),
    startingPosition: props.StartingPosition ?? 'LATEST',
    startingAtMs:
      props.StartingPositionTimestamp === undefined
        ? undefined
        : props.StartingPositionTimestamp * 1000,
    onFailureArn,
    maxConcurrency: props.ScalingConfig?.MaximumConcurrency,
    filter: filterOf(props, where),
  };
}

function kindOf(arn: string, where: string): SourceKind {
  const service = arn.split(':')[2];
  if (service === 'kinesis' && !arn.includes('/consumer/')) return 'kinesis';
  if (service === 'dynamodb' || service === 'sqs') return service;
  throw new Error(
    `${where}: the local cloud cannot poll ${arn}: use a Kinesis stream, a DynamoDB stream or an SQS queue in the local stage.`,
  );
}

function settingsOf(props: MappingProps, kind: SourceKind): ShardReaderSettings {
  const maxAgeSeconds = props.MaximumRecordAgeInSeconds ?? -1;
  return {
    batchSize: Number(props.BatchSize ?? (kind === 'sqs' ? 10 : 100)),
    windowMs: Number(props.MaximumBatchingWindowInSeconds ?? 0) * 1000,
    maxRetries: Number(props.MaximumRetryAttempts ?? -1),
    maxAgeMs: maxAgeSeconds < 0 ? -1 : maxAgeSeconds * 1000,
    isBisected: props.BisectBatchOnFunctionError === true,
    isPartial: props.FunctionResponseTypes?.includes('ReportBatchItemFailures') ?? false,
    parallelization: Number(props.ParallelizationFactor ?? 1),
  };
}

function filterOf(props: MappingProps, where: string): EventFilter {
  try {
    return createEventFilter(
      (props.FilterCriteria?.Filters ?? []).map((filter) => filter.Pattern ?? '{}'),
    );
  } catch (error) {
    throw new Error(`${where}: ${(error as Error).message}`);
  }
}
