/** The archive: a pair group's journal as objects in S3, each holding what one accepted run held. */
import {
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { assert } from '#domain/assertion.ts';
import type { GroupId } from '#domain/market.ts';
import { startOfJournal, type Watermark } from '#wire/accept-record.ts';
import {
  type ArchiveObject,
  archiveKey,
  archivePrefix,
  decodeArchiveObject,
  encodeArchiveObject,
  keyAfter,
  spanOf,
} from '#wire/archive-object.ts';
import type { JournalRecord } from './journal-run.ts';

export type StoredObject = ArchiveObject & { key: string };

export type ArchiveReader = {
  /**
   * The records behind a frame (0: all), from the object that holds the next one to the end of the archive as it is then.
   * Earlier records, and records twice, may be among them: `acceptRecord` ignores those. The stream goes on behind the
   * last one's `shardSequence`. Throws ArchiveDamaged at an object that does not read.
   */
  read(groupId: GroupId, afterFrame: number): AsyncIterable<JournalRecord[]>;
  /** The same, object by object. */
  objects(groupId: GroupId, afterFrame: number): AsyncIterable<StoredObject>;
  /** The watermark behind the newest object. Found the sooner, the nearer the known frame is. */
  end(groupId: GroupId, knownFrame?: number): Promise<Watermark>;
};

export type ArchiveStore = ArchiveReader & {
  /** Writes records whose first frame is that. Written again it is the same. */
  put(object: ArchiveObject, firstFrame: number): Promise<void>;
};

/** An object's bytes are not what was written: nothing behind it is read. */
export class ArchiveDamaged extends Error {
  override name = 'ArchiveDamaged';
}

/** The part of S3 that is used, so that a test can stand in for it. */
export type Bucket = {
  /** Keys behind a text, in order, at most 1,000; and whether there are more. */
  list(prefix: string, after: string): Promise<{ keys: string[]; isTruncated: boolean }>;
  get(key: string): Promise<Uint8Array>;
  put(key: string, bytes: Uint8Array): Promise<void>;
};

/** Objects that are fetched while one is being read: at 20 ms each, some 400 a second. */
const readAhead = 8;
/** How far the first leap goes that looks for the newest object. */
const leapFrames = 1_000;

export function createArchiveStore(bucket: Bucket): ArchiveStore {
  const objects = (groupId: GroupId, afterFrame: number) => objectsOf(bucket, groupId, afterFrame);
  return {
    objects,
    async *read(groupId, afterFrame) {
      for await (const { records } of objects(groupId, afterFrame)) yield records;
    },
    async end(groupId, knownFrame = 0) {
      const key = await newestKey(bucket, groupId, knownFrame);
      return key === undefined ? startOfJournal : (await fetched(bucket, key)).watermark;
    },
    async put(object, firstFrame) {
      const { groupId, watermark } = object;
      const key = archiveKey({ groupId, firstFrame, lastFrame: watermark.frame });
      await bucket.put(key, encodeArchiveObject(object));
    },
  };
}

/** Keys sort by the frame at which their objects end, so the newest is the last one: found by leaps, then by halves. */
async function newestKey(
  bucket: Bucket,
  groupId: GroupId,
  knownFrame: number,
): Promise<string | undefined> {
  const listed = (frame: number) => bucket.list(archivePrefix(groupId), keyAfter(groupId, frame));
  // An object that ends exactly at the known frame belongs to the answer.
  let page = await listed(Math.max(0, knownFrame - 1));
  let newest = page.keys.at(-1);
  let leap = leapFrames;
  let emptyBehind = Number.MAX_SAFE_INTEGER;
  while (newest !== undefined && page.isTruncated) {
    const { lastFrame } = spanIn(newest);
    const target = lastFrame + Math.min(leap, Math.floor((emptyBehind - lastFrame) / 2));
    const further = await listed(target);
    if (further.keys.length > 0) {
      page = further;
      newest = page.keys.at(-1);
      leap *= 2;
    } else if (target === lastFrame) return newest;
    else emptyBehind = target;
  }
  return newest;
}

async function* objectsOf(
  bucket: Bucket,
  groupId: GroupId,
  afterFrame: number,
): AsyncGenerator<StoredObject> {
  const ahead: Promise<StoredObject>[] = [];
  for await (const key of keysOf(bucket, groupId, afterFrame)) {
    const fetching = fetched(bucket, key);
    // Whoever stops reading early leaves fetches behind that nobody waits for.
    fetching.catch(() => undefined);
    ahead.push(fetching);
    if (ahead.length > readAhead) yield await (ahead.shift() as Promise<StoredObject>);
  }
  for (const fetching of ahead) yield await fetching;
}

async function* keysOf(
  bucket: Bucket,
  groupId: GroupId,
  afterFrame: number,
): AsyncGenerator<string> {
  let from = keyAfter(groupId, afterFrame);
  for (;;) {
    const { keys, isTruncated } = await bucket.list(archivePrefix(groupId), from);
    yield* keys;
    if (!isTruncated) return;
    from = keys.at(-1) ?? from;
  }
}

async function fetched(bucket: Bucket, key: string): Promise<StoredObject> {
  const span = spanIn(key);
  const object = decodeArchiveObject(await bucket.get(key));
  if (object.status === 'bad') throw new ArchiveDamaged(`${key}: ${object.why}`);
  const { groupId, records, watermark } = object;
  if (groupId !== span.groupId || watermark.frame !== span.lastFrame)
    throw new ArchiveDamaged(`${key}: it holds ${groupId} to frame ${watermark.frame}`);
  return { key, groupId, records, watermark };
}

function spanIn(key: string) {
  const span = spanOf(key);
  if (!span) throw new ArchiveDamaged(`${key} is no object of the archive`);
  return span;
}

/** A bucket of S3. */
export function bucketOf(options: { client: S3Client; bucket: string }): Bucket {
  const { client, bucket: Bucket } = options;
  return {
    async list(prefix, after) {
      const list = new ListObjectsV2Command({ Bucket, Prefix: prefix, StartAfter: after });
      const { Contents, IsTruncated } = await client.send(list);
      const keys = (Contents ?? []).map(({ Key }) => Key as string);
      return { keys, isTruncated: IsTruncated === true };
    },
    async get(key) {
      const { Body } = await client.send(new GetObjectCommand({ Bucket, Key: key }));
      assert(Body, `S3 answered ${key} without a body`);
      return Body.transformToByteArray();
    },
    async put(key, bytes) {
      await client.send(
        new PutObjectCommand({
          Bucket,
          Key: key,
          Body: bytes,
          ContentType: 'application/octet-stream',
        }),
      );
    },
  };
}
