/** Files of exports in S3, written in parts so that none is ever whole in memory. */
import { createHash } from 'node:crypto';
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { assert } from '#domain/assertion.ts';

type UploadName = { key: string; uploadId: string };

/** The part of S3 that is used, so that a test can stand in for it. */
export type ExportFiles = {
  /** Answers the upload's id. The file is there once it is completed. */
  begin(key: string, about: { contentType: string; fileName: string }): Promise<string>;
  /** Writes part `number`, from 1; again with other bytes replaces it. Answers its tag. Throws UploadGone. */
  part(upload: UploadName, number: number, bytes: Uint8Array): Promise<string>;
  /** Throws UploadGone where there is no such upload, or its parts are not those. */
  complete(upload: UploadName, etags: readonly string[]): Promise<void>;
  /** Undefined where there is no such file. */
  size(key: string): Promise<number | undefined>;
  /** Whole objects beside the files: what is too short for a part. */
  keep(key: string, bytes: Uint8Array): Promise<void>;
  kept(key: string): Promise<Uint8Array>;
};

/** S3's least, but for the last part. */
export const partBytesAtLeast = 5 * 1024 * 1024;

/** The upload was completed, given up, or is older than a day. */
export class UploadGone extends Error {
  override name = 'UploadGone';
}

/**
 * The client adds no checksums of its own (`partsClient`): S3 refuses a part's where the upload was not begun with its kind, and
 * all of them would be needed again to complete it. A part's MD5 does the same for each of them.
 */
export function createExportFiles(options: { client: S3Client; bucket: string }): ExportFiles {
  const { client, bucket: Bucket } = options;
  return {
    async begin(key, { contentType, fileName }) {
      const { UploadId } = await client.send(
        new CreateMultipartUploadCommand({
          Bucket,
          Key: key,
          ContentType: contentType,
          ContentDisposition: `attachment; filename="${fileName}"`,
        }),
      );
      assert(UploadId, 'an upload without an id');
      return UploadId;
    },
    part: ({ key, uploadId }, number, bytes) =>
      orGone(async () => {
        const part = new UploadPartCommand({
          ...{ Bucket, Key: key, UploadId: uploadId, PartNumber: number },
          Body: bytes,
          ContentMD5: createHash('md5').update(bytes).digest('base64'),
        });
        const { ETag } = await client.send(part);
        assert(ETag, 'a part without a tag');
        return ETag;
      }),
    complete: ({ key, uploadId }, etags) =>
      orGone(async () => {
        const Parts = etags.map((ETag, at) => ({ ETag, PartNumber: at + 1 }));
        await client.send(
          new CompleteMultipartUploadCommand({
            ...{ Bucket, Key: key, UploadId: uploadId },
            MultipartUpload: { Parts },
          }),
        );
      }),
    async size(key) {
      // Asked for without the right to list, S3 says of what is missing that it is forbidden; the right is for prefixes only.
      const list = new ListObjectsV2Command({ Bucket, Prefix: key, MaxKeys: 1 });
      const [first] = (await client.send(list)).Contents ?? [];
      return first?.Key === key ? first.Size : undefined;
    },
    async keep(key, bytes) {
      await client.send(new PutObjectCommand({ Bucket, Key: key, Body: bytes }));
    },
    async kept(key) {
      const { Body } = await client.send(new GetObjectCommand({ Bucket, Key: key }));
      assert(Body, `S3 answered ${key} without a body`);
      return Body.transformToByteArray();
    },
  };
}

/** S3's names of what happens when two wrote to one upload, or it is over. */
const goneNames = new Set(['NoSuchUpload', 'InvalidPart', 'InvalidPartOrder', 'EntityTooSmall']);

async function orGone<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    const { name, message } = error as Error;
    if (goneNames.has(name)) throw new UploadGone(`${name}: ${message}`, { cause: error });
    throw error;
  }
}
