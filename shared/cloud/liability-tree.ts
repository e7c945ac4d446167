/** Builds a day's tree of an asset in bounded memory (some 110 bytes an account), and reads proofs from what was kept of it. */
import { assert } from '#domain/assertion.ts';
import { type InclusionProof, leafNode } from '#domain/liability-proof.ts';
import {
  depthOf,
  hashBytes,
  nodeBytes,
  pathOf,
  readNode,
  type SumNode,
  topOf,
  writeNode,
} from '#domain/merkle-sum-tree.ts';
import {
  chunkHeight,
  chunkLeaves,
  chunksKey,
  compareBytes,
  greatestAccounts,
  indexKeyBytes,
  indexRowBytes,
  type LiabilityRows,
  rowBytes,
  rowsKey,
  rowsPerObject,
  writeIndexRow,
} from '#wire/liability-object.ts';
import { indexKeyOf, type SaltOf, sha256 } from './liability-salt.ts';

/** The part of S3 that is used, so that a test can stand in for it. */
export type LiabilityBucket = {
  put(key: string, bytes: Uint8Array): Promise<void>;
  get(key: string): Promise<Uint8Array>;
  /** Bytes from one place on; fewer where the object ends. */
  range(key: string, from: number, count: number): Promise<Uint8Array>;
};

export type TreeName = { day: string; asset: string };

/** What is owed to accounts, hashed and waiting to be sorted. */
export type Leaves = TreeName & {
  count: number;
  nodes: Uint8Array;
  indexKeys: Uint8Array;
};

/** Leaves for exactly so many accounts, to be filled by `addLeaf`. */
export function leavesFor(name: TreeName, accounts: number): Leaves {
  assert(accounts <= greatestAccounts, `${accounts} accounts are more than a tree may hold`);
  return {
    ...name,
    count: 0,
    nodes: new Uint8Array(accounts * nodeBytes),
    indexKeys: new Uint8Array(accounts * indexKeyBytes),
  };
}

export function addLeaf(leaves: Leaves, saltOf: SaltOf, account: string, units: bigint): void {
  const { day, asset, count, nodes, indexKeys } = leaves;
  assert((count + 1) * nodeBytes <= nodes.length, 'more accounts than were counted');
  const salt = saltOf({ day, account, asset });
  writeNode(nodes, count * nodeBytes, leafNode(sha256, { account, asset, units, salt }));
  indexKeys.set(indexKeyOf(salt), count * indexKeyBytes);
  leaves.count += 1;
}

/** Sorts and writes the leaves, what stands above them, and the index. Answers the top; the same leaves write the same bytes. */
export async function writeTree(bucket: LiabilityBucket, leaves: Leaves): Promise<SumNode> {
  const { day, asset, count, nodes, indexKeys } = leaves;
  assert(count * nodeBytes === nodes.length, 'fewer accounts than were counted');
  // Salted hashes are random: who stands beside whom says nothing, and is another one each day.
  const order = sorted(nodes, nodeBytes, hashBytes, count);
  const tops: SumNode[] = [];
  for (let object = 0; object * rowsPerObject < count; object += 1) {
    const bytes = rowsOf(nodes, order, object);
    tops.push(...chunkTops(bytes, count));
    await bucket.put(rowsKey(day, asset, 'leaves', object), bytes);
  }
  await bucket.put(chunksKey(day, asset), bytesOf(tops));
  await writeIndex(bucket, leaves, order);
  assert(indexKeys.length === count * indexKeyBytes, 'an index of another length');
  return topOf(sha256, tops, Math.max(0, depthOf(count) - chunkHeight));
}

/** The siblings of a leaf, by two reads; `accounts` is the number of leaves. */
export async function readPath(
  bucket: LiabilityBucket,
  { day, asset }: TreeName,
  { accounts, position }: Pick<InclusionProof, 'accounts' | 'position'>,
): Promise<SumNode[]> {
  const chunk = Math.floor(position / chunkLeaves);
  const depth = depthOf(accounts);
  const height = Math.min(chunkHeight, depth);
  const from = chunk * chunkLeaves;
  const [leaves, tops] = await Promise.all([
    readRows(bucket, { day, asset }, 'leaves', {
      from,
      to: Math.min(from + chunkLeaves, accounts),
    }),
    depth > chunkHeight ? bucket.get(chunksKey(day, asset)) : new Uint8Array(),
  ]);
  const path = pathOf(sha256, nodesOf(leaves), { index: position - from, height });
  if (depth <= chunkHeight) return path;
  const above = { index: chunk, height: depth - chunkHeight };
  return [...path, ...pathOf(sha256, nodesOf(tops), above)];
}

/** Rows from one number to before another, over as many objects as hold them. */
export async function readRows(
  bucket: LiabilityBucket,
  { day, asset }: TreeName,
  rows: LiabilityRows,
  { from, to }: { from: number; to: number },
): Promise<Uint8Array> {
  const width = rowBytes[rows];
  const reads: Promise<Uint8Array>[] = [];
  for (let at = from; at < to; ) {
    const object = Math.floor(at / rowsPerObject);
    const end = Math.min(to, (object + 1) * rowsPerObject);
    const start = (at - object * rowsPerObject) * width;
    reads.push(bucket.range(rowsKey(day, asset, rows, object), start, (end - at) * width));
    at = end;
  }
  const bytes = Buffer.concat(await Promise.all(reads));
  assert(bytes.length === (to - from) * width, `${day} ${asset}: ${rows} are cut short`);
  return bytes;
}

/** The order of rows by the bytes that they begin with. */
function sorted(rows: Uint8Array, width: number, keyBytes: number, count: number): Uint32Array {
  const order = new Uint32Array(count);
  // Six bytes as a number decide nearly always, and faster than bytes one by one.
  const keys = new Float64Array(count);
  const view = new DataView(rows.buffer, rows.byteOffset, rows.byteLength);
  for (let at = 0; at < count; at += 1) {
    order[at] = at;
    keys[at] = view.getUint32(at * width) * 65_536 + view.getUint16(at * width + 4);
  }
  order.sort((a, b) => {
    const difference = (keys[a] ?? 0) - (keys[b] ?? 0);
    return difference || compareBytes(rows, a * width, rows, b * width, keyBytes);
  });
  for (let at = 1; at < count; at += 1) {
    const [before = 0, here = 0] = [order[at - 1], order[at]];
    const isLater = compareBytes(rows, before * width, rows, here * width, keyBytes) < 0;
    assert(isLater, 'two rows have one key: an account stands twice in the tree');
  }
  return order;
}

/** The leaves of one object, in their order. */
function rowsOf(nodes: Uint8Array, order: Uint32Array, object: number): Uint8Array {
  const of = order.subarray(object * rowsPerObject, (object + 1) * rowsPerObject);
  const bytes = new Uint8Array(of.length * nodeBytes);
  of.forEach((leaf, at) => {
    bytes.set(nodes.subarray(leaf * nodeBytes, (leaf + 1) * nodeBytes), at * nodeBytes);
  });
  return bytes;
}

/** The nodes above some leaves that stand on the lowest kept level: of the whole tree where it is lower than that. */
function chunkTops(leaves: Uint8Array, count: number): SumNode[] {
  const height = Math.min(chunkHeight, depthOf(count));
  const tops: SumNode[] = [];
  for (let at = 0; at < leaves.length; at += chunkLeaves * nodeBytes) {
    const chunk = nodesOf(leaves.subarray(at, at + chunkLeaves * nodeBytes));
    tops.push(topOf(sha256, chunk, height));
  }
  return tops;
}

async function writeIndex(bucket: LiabilityBucket, leaves: Leaves, order: Uint32Array) {
  const { day, asset, count, nodes, indexKeys } = leaves;
  const positions = new Uint32Array(count);
  order.forEach((leaf, position) => {
    positions[leaf] = position;
  });
  const byKey = sorted(indexKeys, indexKeyBytes, indexKeyBytes, count);
  for (let object = 0; object * rowsPerObject < count; object += 1) {
    const of = byKey.subarray(object * rowsPerObject, (object + 1) * rowsPerObject);
    const bytes = new Uint8Array(of.length * indexRowBytes);
    of.forEach((leaf, at) => {
      writeIndexRow(bytes, at * indexRowBytes, {
        key: indexKeys.subarray(leaf * indexKeyBytes, (leaf + 1) * indexKeyBytes),
        position: positions[leaf] ?? 0,
        units: readNode(nodes, leaf * nodeBytes).units,
      });
    });
    await bucket.put(rowsKey(day, asset, 'index', object), bytes);
  }
}

function nodesOf(bytes: Uint8Array): SumNode[] {
  assert(bytes.length % nodeBytes === 0, 'part of a node');
  return Array.from({ length: bytes.length / nodeBytes }, (_, at) =>
    readNode(bytes, at * nodeBytes),
  );
}

function bytesOf(nodes: readonly SumNode[]): Uint8Array {
  const bytes = new Uint8Array(nodes.length * nodeBytes);
  nodes.forEach((node, at) => {
    writeNode(bytes, at * nodeBytes, node);
  });
  return bytes;
}
