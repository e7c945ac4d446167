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
  type Position,
  spanOf,
} from '#wire/archive-object.ts';
import type { JournalRecord } from './journal-run.ts';

export type StoredObject = ArchiveObject & { key: string };

export type ArchiveReader = {
  /**
   * The records behind a position, from the object that holds the next one to the end of the archive as it is then.
   * Earlier records, and records twice, may be among them: `acceptRecord` ignores those. The stream goes on behind the
   * last one's `shardSequence`. Throws ArchiveDamaged at an object that does not read.
   */
  read(groupId: GroupId, after: Position): AsyncIterable<JournalRecord[]>;
  /** The same, object by object. */
  objects(groupId: GroupId, after: Position): AsyncIterable<StoredObject>;
  /** The watermark behind the newest object. */
  end(groupId: GroupId): Promise<Watermark>;
};

export type ArchiveStore = ArchiveReader & {
  /** Writes records, the first of which led to `first`. Written again it is the same. */
  put(object: ArchiveObject, first: Position): Promise<void>;
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
  /** What was the end when it was last asked for: an object never changes, and the end never goes back. */
  const ends = new Map<GroupId, { key: string; watermark: Watermark }>();
  const objects = (groupId: GroupId, after: Position) => objectsOf(bucket, groupId, after);
  return {
    objects,
    async *read(groupId, after) {
      for await (const { records } of objects(groupId, after)) yield records;
    },
    async end(groupId) {
      const known = ends.get(groupId);
      const key =
        (known && (await newestKey(bucket, groupId, known.watermark))) ??
        (await newestKey(bucket, groupId, startOfJournal));
      if (key === undefined) return startOfJournal;
      if (key === known?.key) return known.watermark;
      const { watermark } = await fetched(bucket, key);
      ends.set(groupId, { key, watermark });
      return watermark;
    },
    async put(object, first) {
      const { groupId, watermark } = object;
      const { frame, epoch } = watermark;
      const key = archiveKey({ groupId, first, last: { frame, epoch } });
      await bucket.put(key, encodeArchiveObject(object));
      ends.set(groupId, { key, watermark });
    },
  };
}

/** Keys sort by where their objects end, so the newest is the last one: found by leaps from a known one, then by halves. */
async function newestKey(
  bucket: Bucket,
  groupId: GroupId,
  known: Position,
): Promise<string | undefined> {
  const listed = (after: Position) => bucket.list(archivePrefix(groupId), keyAfter(groupId, after));
  // An object that ends exactly there belongs to the answer.
  let page = await listed({ frame: known.frame, epoch: Math.max(0, known.epoch - 1) });
  let newest = page.keys.at(-1);
  let leap = leapFrames;
  let emptyBehind = Number.MAX_SAFE_INTEGER;
  while (newest !== undefined && page.isTruncated) {
    const { last } = spanIn(newest);
    const by = Math.min(leap, Math.floor((emptyBehind - last.frame) / 2));
    const target = by > 0 ? { frame: last.frame + by, epoch: 0 } : last;
    const further = await listed(target);
    if (further.keys.length > 0) {
      page = further;
      newest = page.keys.at(-1);
      leap *= 2;
    } else if (by === 0) return newest;
    else emptyBehind = target.frame;
  }
  return newest;
}

async function* objectsOf(
  bucket: Bucket,
  groupId: GroupId,
  after: Position,
): AsyncGenerator<StoredObject> {
  const ahead: Promise<StoredObject>[] = [];
  for await (const key of keysOf(bucket, groupId, after)) {
    const fetching = fetched(bucket, key);
    // Whoever stops reading early leaves fetches behind that nobody waits for.
    fetching.catch(() => undefined);
    ahead.push(fetching);
    if (ahead.length > readAhead) yield await (ahead.shift() as Promise<StoredObject>);
  }
  for (const fetching of ahead) yield await fetching;
}

async function* keysOf(bucket: Bucket, groupId: GroupId, after: Position): AsyncGenerator<string> {
  let from = keyAfter(groupId, after);
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
  const { frame, epoch } = watermark;
  if (groupId !== span.groupId || frame !== span.last.frame || epoch !== span.last.epoch)
    throw new ArchiveDamaged(`${key}: it holds ${groupId} to frame ${frame} of epoch ${epoch}`);
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
