/** The journal: one stream with exactly one shard per pair group, never resharded. */
import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Stream, StreamEncryption, StreamMode } from 'aws-cdk-lib/aws-kinesis';
import type { Construct } from 'constructs';
import { groupIdsOf, type Stage } from '../settings.ts';

export class JournalStack extends Stack {
  readonly streams: ReadonlyMap<string, Stream>;

  constructor(scope: Construct, id: string, stage: Stage) {
    super(scope, id, { description: 'Crossbook: journal' });
    this.streams = new Map(
      groupIdsOf(stage).map((groupId) => [
        groupId,
        new Stream(this, `Journal-${groupId}`, {
          streamMode: StreamMode.PROVISIONED,
          shardCount: 1,
          retentionPeriod: Duration.hours(stage.journalRetentionHours),
          encryption: StreamEncryption.MANAGED,
          removalPolicy: stage.retainData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
        }),
      ]),
    );
  }

  /** The stream of a group that the stage has. */
  of(groupId: string): Stream {
    const stream = this.streams.get(groupId);
    if (!stream) throw new Error(`pair group ${groupId} has no journal`);
    return stream;
  }

  /** The setting that tells code which stream is which group's. */
  namesOf(scope: Stack, groupIds: Iterable<string> = this.streams.keys()): string {
    const names = [...groupIds].map((groupId) => [groupId, this.of(groupId).streamName]);
    return scope.toJsonString(Object.fromEntries(names));
  }
}
