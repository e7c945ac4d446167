/** The bucket of liabilities in S3: objects written whole, read in ranges. */
import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { assert } from '#domain/assertion.ts';
import { bucketOf } from './archive-store.ts';
import type { LiabilityBucket } from './liability-tree.ts';

export function liabilityBucketOf(options: { client: S3Client; bucket: string }): LiabilityBucket {
  const { client, bucket: Bucket } = options;
  const { get, put } = bucketOf(options);
  return {
    get,
    put,
    async range(key, from, count) {
      const Range = `bytes=${from}-${from + count - 1}`;
      const { Body } = await client.send(new GetObjectCommand({ Bucket, Key: key, Range }));
      assert(Body, `S3 answered ${key} without a body`);
      return Body.transformToByteArray();
    },
  };
}
