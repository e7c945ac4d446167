/** Snapshots in S3: parts first, then the manifest that makes a snapshot of them. */
import { createHash } from 'node:crypto';
import type { GroupId } from '#domain/market.ts';
import {
  decodeManifest,
  encodeManifest,
  manifestKey,
  manifestPrefix,
  partKey,
  type SnapshotManifest,
  type SnapshotPart,
} from '#wire/snapshot-manifest.ts';
import type { Bucket } from './archive-store.ts';

export type SnapshotWriter = {
  /** `sha256` is that of the bytes, as hex. */
  putPart(at: { groupId: GroupId; frame: number }, part: NewPart): Promise<SnapshotPart>;
  /** From now on the snapshot exists. */
  putManifest(manifest: SnapshotManifest): Promise<void>;
};
export type NewPart = { bytes: Uint8Array; sha256: string; records: number };

export type SnapshotReader = {
  /** Newest first; in words where one does not read. */
  manifests(groupId: GroupId): AsyncIterable<FoundManifest>;
  /** Throws SnapshotDamaged where the bytes are not those that were written. */
  part(part: SnapshotPart): Promise<Uint8Array>;
};
export type FoundManifest =
  | { status: 'good'; key: string; manifest: SnapshotManifest }
  | { status: 'bad'; key: string; why: string };

export type SnapshotStore = SnapshotWriter & SnapshotReader;

export class SnapshotDamaged extends Error {
  override name = 'SnapshotDamaged';
}

export function createSnapshotStore(bucket: Bucket): SnapshotStore {
  return {
    async putPart({ groupId, frame }, { bytes, sha256, records }) {
      const key = partKey(groupId, frame, sha256);
      await bucket.put(key, bytes);
      return { key, bytes: bytes.length, records, sha256 };
    },
    async putManifest(manifest) {
      const text = encodeManifest(manifest, hashOf);
      await bucket.put(manifestKey(manifest), Buffer.from(text));
    },
    async *manifests(groupId) {
      let after = '';
      for (;;) {
        const { keys, isTruncated } = await bucket.list(manifestPrefix(groupId), after);
        for (const key of keys) yield await found(bucket, key);
        if (!isTruncated) return;
        after = keys.at(-1) ?? after;
      }
    },
    async part({ key, sha256 }) {
      const bytes = await bucket.get(key).catch((cause: Error) => {
        if (isMissing(cause)) throw new SnapshotDamaged(`${key} is missing`, { cause });
        throw cause;
      });
      if (hashOf(bytes) !== sha256) throw new SnapshotDamaged(`${key}: its checksum does not hold`);
      return bytes;
    },
  };
}

async function found(bucket: Bucket, key: string): Promise<FoundManifest> {
  const bytes = await bucket.get(key);
  const decoded = decodeManifest(Buffer.from(bytes).toString(), hashOf);
  if (decoded.status === 'bad') return { ...decoded, key };
  if (manifestKey(decoded.manifest) !== key)
    return { status: 'bad', key, why: 'it is another one' };
  return { ...decoded, key };
}

/** S3's own name, and that of its client's error. */
const isMissing = ({ name }: Error): boolean => name === 'NoSuchKey' || name === 'NotFound';

const hashOf = (bytes: Uint8Array | string): string =>
  createHash('sha256').update(bytes).digest('hex');
