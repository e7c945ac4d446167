/** The journal: one stream with exactly one shard per pair group, never resharded, and one bucket that keeps what streams forget. */
import { CfnOutput, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Stream, StreamEncryption, StreamMode } from 'aws-cdk-lib/aws-kinesis';
import { BlockPublicAccess, Bucket, BucketEncryption, StorageClass } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { groupIdsOf, type Stage } from '../settings.ts';

export class JournalStack extends Stack {
  readonly streams: ReadonlyMap<string, Stream>;
  /** `journal/<group>/…`: every frame that counts, for ever. `snapshots/<group>/…`: the matchers' states. */
  readonly archive: Bucket;

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
    this.archive = this.createArchive(stage);
    new CfnOutput(this, 'JournalStreams', { value: this.namesOf(this) });
    new CfnOutput(this, 'ArchiveBucket', { value: this.archive.bucketName });
  }

  private createArchive(stage: Stage): Bucket {
    const bucket = new Bucket(this, 'Archive', {
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      // An object is only ever written again with the same bytes; other bytes would not replace what was there.
      versioned: stage.retainData,
      removalPolicy: stage.retainData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    bucket.addLifecycleRule({
      id: 'repeats',
      noncurrentVersionExpiration: Duration.days(90),
      abortIncompleteMultipartUploadAfter: Duration.days(1),
    });
    bucket.addLifecycleRule({
      id: 'old-journal',
      prefix: 'journal/',
      // A sixth of the price, and read as fast. S3 leaves objects below 128 KiB where they are: moving them would cost more.
      transitions: [
        {
          storageClass: StorageClass.GLACIER_INSTANT_RETRIEVAL,
          transitionAfter: Duration.days(90),
        },
      ],
    });
    bucket.addLifecycleRule({
      id: 'old-snapshots',
      prefix: 'snapshots/',
      // A matcher takes its last one again each week, however idle it is.
      expiration: Duration.days(30),
    });
    return bucket;
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
