/** The snapshots in the journal's bucket, as a drill finds and harms them. */
import { createHash } from 'node:crypto';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { bucketClient } from '#cloud/clients.ts';
import {
  decodeManifest,
  manifestPrefix,
  type SnapshotManifest,
  snapshotPrefix,
} from '#wire/snapshot-manifest.ts';
import type { Clouds } from './drilled-exchange.ts';

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

export function snapshotsOf({ s3: where, archiveBucket }: Clouds): Snapshots {
  const s3 = bucketClient(where);
  const placesUnder = (prefix: string) => listed(s3, archiveBucket, prefix);
  const read = async (place: Place): Promise<Uint8Array> => {
    const { Body } = await s3.send(new GetObjectCommand(place));
    if (!Body) throw new Error(`${place.Key} is empty`);
    return Body.transformToByteArray();
  };
  return {
    async of(groupId) {
      const found: SnapshotManifest[] = [];
      for (const place of await placesUnder(manifestPrefix(groupId))) {
        const text = Buffer.from(await read(place)).toString();
        const decoded = decodeManifest(text, sha256);
        if (decoded.status === 'good') found.push(decoded.manifest);
      }
      return found.sort((a, b) => b.watermark.frame - a.watermark.frame);
    },
    async damage({ groupId, parts, watermark }) {
      const [part] = [...parts].sort((a, b) => b.bytes - a.bytes);
      const [place] = part ? await placesUnder(part.key) : [];
      if (!place) throw new Error(`the snapshot of ${groupId} has no part to damage`);
      const bytes = await read(place);
      const middle = Math.floor(bytes.length / 2);
      bytes[middle] = (bytes[middle] ?? 0) ^ 0xff;
      await s3.send(new PutObjectCommand({ ...place, Body: bytes }));
      return `byte ${middle} of ${bytes.length} in the snapshot after frame ${watermark.frame}`;
    },
    async deleteAll(groupId) {
      const places = await placesUnder(snapshotPrefix(groupId));
      for (const place of places) await s3.send(new DeleteObjectCommand(place));
      return places.length;
    },
    close: () => s3.destroy(),
  };
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

async function listed(s3: S3Client, Bucket: string, Prefix: string): Promise<Place[]> {
  const places: Place[] = [];
  let after: string | undefined;
  do {
    const page = await s3.send(
      new ListObjectsV2Command({
        ...{ Bucket, Prefix },
        ...(after === undefined ? {} : { ContinuationToken: after }),
      }),
    );
    for (const { Key = '' } of page.Contents ?? []) places.push({ Bucket, Key });
    after = page.NextContinuationToken;
  } while (after !== undefined);
  return places;
}
