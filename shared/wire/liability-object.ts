/**
 * A day's tree of an asset as objects in S3: rows of fixed width, so that a proof is a few ranged reads.
 *
 * Kept are the leaves, sorted by hash; every tenth level's nodes above them; and an index from an account to its leaf, sorted
 * by a key that only the secret of the salts leads to. Nodes between are computed anew: 1,023 hashes take a millisecond or
 * two, less than a read of S3. Key and bytes are a function of what is owed and of the secret: written again they are the same.
 */
import { assert } from '#domain/assertion.ts';
import { hashBytes, nodeBytes } from '#domain/merkle-sum-tree.ts';

/** How many levels are between those that are kept. */
export const chunkHeight = 10;
export const chunkLeaves = 2 ** chunkHeight;
/** Rows of one object: 4 MiB of leaves. A multiple of a chunk, so that no chunk lies across two objects. */
export const rowsPerObject = 65_536;
/** The nodes of the level above the chunks fill one object: 1 MiB of them. */
export const greatestAccounts = 2 ** 24;

export type LiabilityRows = 'leaves' | 'index';

const treePrefix = (day: string, asset: string): string => `trees/${day}/${asset}/`;

export const rowsKey = (day: string, asset: string, rows: LiabilityRows, object: number): string =>
  `${treePrefix(day, asset)}${rows}/${object.toString().padStart(4, '0')}`;
export const chunksKey = (day: string, asset: string): string => `${treePrefix(day, asset)}chunks`;

/** What one step of a day's gathering found of an asset; its name is the step's own, so that no other one writes it again. */
export const gatheredKey = (day: string, part: string, asset: string): string =>
  `gathered/${day}/${part}/${asset}`;

/** An account's row of the index: its key, where its leaf is, and what it holds. */
export type IndexRow = { key: Uint8Array; position: number; units: bigint };

export const indexKeyBytes = 16;
const positionBytes = 4;
const unitsBytes = 16;
export const indexRowBytes = indexKeyBytes + positionBytes + unitsBytes;
export const rowBytes: Record<LiabilityRows, number> = { leaves: nodeBytes, index: indexRowBytes };

export function writeIndexRow(bytes: Uint8Array, at: number, row: IndexRow): void {
  assert(row.key.length === indexKeyBytes, 'a key of another length');
  assert(row.units >= 0n && row.units >> 128n === 0n, 'units of more than 128 bits');
  bytes.set(row.key, at);
  const view = new DataView(bytes.buffer, bytes.byteOffset + at + indexKeyBytes);
  view.setUint32(0, row.position);
  view.setBigUint64(positionBytes, row.units >> 64n);
  view.setBigUint64(positionBytes + 8, row.units & 0xffff_ffff_ffff_ffffn);
}

export function readIndexRow(bytes: Uint8Array, at: number): IndexRow {
  assert(at + indexRowBytes <= bytes.length, 'a row beyond the end');
  const view = new DataView(bytes.buffer, bytes.byteOffset + at + indexKeyBytes);
  const high = view.getBigUint64(positionBytes);
  return {
    key: bytes.subarray(at, at + indexKeyBytes),
    position: view.getUint32(0),
    units: (high << 64n) | view.getBigUint64(positionBytes + 8),
  };
}

/** Where in the index a key stands about: keys are hashes, so they are spread evenly. Between 0 and 1. */
export function shareOf(key: Uint8Array): number {
  const view = new DataView(key.buffer, key.byteOffset, key.byteLength);
  return view.getUint32(0) / 2 ** 32 + view.getUint16(4) / 2 ** 48;
}

/** Like `Buffer.compare`, from one place in each. */
export function compareBytes(
  a: Uint8Array,
  aAt: number,
  b: Uint8Array,
  bAt: number,
  length = hashBytes,
): number {
  for (let at = 0; at < length; at += 1) {
    const difference = (a[aAt + at] ?? 0) - (b[bAt + at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
