/** The snapshots in the journal's bucket, as a drill finds and harms them. */
import { createHash } from 'node:crypto';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import {
  decodeManifest,
  manifestPrefix,
  type SnapshotManifest,
  snapshotPrefix,
} from '#wire/snapshot-manifest.ts';

export type Snapshots = {
  /** A group's snapshots, newest first. */
  of(groupId: string): Promise<SnapshotManifest[]>;
  /** Turns a byte in the middle of a snapshot's largest part; answers what it did. */
  damage(snapshot: SnapshotManifest): Promise<string>;
  /** Deletes every object of a group's snapshots; answers how many. */
  deleteAll(groupId: string): Promise<number>;
  close(): void;
};

type Place = { Bucket: string; Key: string };

export function snapshotsOf(endpoint: string): Snapshots {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const s3 = new S3Client({ endpoint, region: 'us-east-1', credentials, forcePathStyle: true });
  const read = async (place: Place): Promise<Uint8Array> => {
    const { Body } = await s3.send(new GetObjectCommand(place));
    if (!Body) throw new Error(`${place.Key} is empty`);
    return Body.transformToByteArray();
  };
  return {
    async of(groupId) {
      const found: SnapshotManifest[] = [];
      for (const place of await placesUnder(s3, manifestPrefix(groupId))) {
        const text = Buffer.from(await read(place)).toString();
        const decoded = decodeManifest(text, sha256);
        if (decoded.status === 'good') found.push(decoded.manifest);
      }
      return found.sort((a, b) => b.watermark.frame - a.watermark.frame);
    },
    async damage({ groupId, parts, watermark }) {
      const [part] = [...parts].sort((a, b) => b.bytes - a.bytes);
      const [place] = part ? await placesUnder(s3, part.key) : [];
      if (!place) throw new Error(`the snapshot of ${groupId} has no part to damage`);
      const bytes = await read(place);
      const middle = Math.floor(bytes.length / 2);
      bytes[middle] = (bytes[middle] ?? 0) ^ 0xff;
      await s3.send(new PutObjectCommand({ ...place, Body: bytes }));
      return `byte ${middle} of ${bytes.length} in the snapshot of ${groupId} at frame ${watermark.frame}`;
    },
    async deleteAll(groupId) {
      const places = await placesUnder(s3, snapshotPrefix(groupId));
      for (const place of places) await s3.send(new DeleteObjectCommand(place));
      return places.length;
    },
    close: () => s3.destroy(),
  };
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

async function placesUnder(s3: S3Client, prefix: string): Promise<Place[]> {
  const { Buckets = [] } = await s3.send(new ListBucketsCommand({}));
  const places: Place[] = [];
  for (const { Name: Bucket = '' } of Buckets) {
    let after: string | undefined;
    do {
      const page = await s3.send(
        new ListObjectsV2Command({
          ...{ Bucket, Prefix: prefix },
          ...(after === undefined ? {} : { ContinuationToken: after }),
        }),
      );
      for (const { Key = '' } of page.Contents ?? []) places.push({ Bucket, Key });
      after = page.NextContinuationToken;
    } while (after !== undefined);
  }
  return places;
}
