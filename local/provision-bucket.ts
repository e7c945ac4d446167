/** Creates an S3 bucket. */
import { CreateBucketCommand, HeadBucketCommand, type S3Client } from '@aws-sdk/client-s3';
import type { Resource } from './assembly.ts';

export async function provisionBucket(client: S3Client, bucket: Resource): Promise<void> {
  try {
    await client.send(new HeadBucketCommand({ Bucket: bucket.name }));
  } catch (error) {
    if ((error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode !== 404) {
      throw error;
    }
    await client.send(new CreateBucketCommand({ Bucket: bucket.name }));
  }
}
