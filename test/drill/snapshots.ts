/** The snapshots in the bucket, as a drill finds and harms them. */
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';

export type Snapshots = {
  /** Whether any bucket has a snapshot of any group. */
  areKept(): Promise<boolean>;
  /** The newest object of a group's snapshots, as `bucket/key`. */
  newest(groupId: string): Promise<string | undefined>;
  /** Turns a byte in the middle of an object; answers what it did it to. */
  damage(place: string): Promise<string>;
  delete(place: string): Promise<string>;
  close(): void;
};

type Found = { place: string; key: string; atMs: number };

export function snapshotsOf(endpoint: string): Snapshots {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const s3 = new S3Client({ endpoint, region: 'us-east-1', credentials, forcePathStyle: true });
  return {
    areKept: async () => (await everySnapshot(s3)).length > 0,
    async newest(groupId) {
      const all = await everySnapshot(s3);
      const own = all.filter(({ key }) => key.split('/').includes(groupId));
      // Keys of one group sort by frame; those of one moment are told apart by them.
      own.sort((a, b) => b.atMs - a.atMs || (a.key < b.key ? 1 : -1));
      return own[0]?.place;
    },
    async damage(place) {
      const at = split(place);
      const { Body } = await s3.send(new GetObjectCommand(at));
      const bytes = (await Body?.transformToByteArray()) ?? new Uint8Array();
      const middle = Math.floor(bytes.length / 2);
      bytes[middle] = (bytes[middle] ?? 0) ^ 0xff;
      await s3.send(new PutObjectCommand({ ...at, Body: bytes }));
      return `${place}, ${bytes.length} bytes, at byte ${middle}`;
    },
    async delete(place) {
      await s3.send(new DeleteObjectCommand(split(place)));
      return place;
    },
    close: () => s3.destroy(),
  };
}

async function everySnapshot(s3: S3Client): Promise<Found[]> {
  const { Buckets = [] } = await s3.send(new ListBucketsCommand({}));
  const found: Found[] = [];
  for (const { Name: bucket = '' } of Buckets) {
    let after: string | undefined;
    do {
      const page = await s3.send(
        new ListObjectsV2Command({
          Bucket: bucket,
          ...(after === undefined ? {} : { ContinuationToken: after }),
        }),
      );
      for (const { Key: key = '', LastModified } of page.Contents ?? [])
        if (/snapshot/i.test(`${bucket}/${key}`))
          found.push({ place: `${bucket}/${key}`, key, atMs: LastModified?.getTime() ?? 0 });
      after = page.NextContinuationToken;
    } while (after !== undefined);
  }
  return found;
}

function split(place: string): { Bucket: string; Key: string } {
  const at = place.indexOf('/');
  return { Bucket: place.slice(0, at), Key: place.slice(at + 1) };
}
