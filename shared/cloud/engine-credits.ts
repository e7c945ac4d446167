/** What a pair group's engine holds for each account at the end of a cleared run: its newest snapshot, rolled forward by the journal. */
import { type DynamoDBDocumentClient, GetCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { AssetId } from '#domain/asset.ts';
import { frozenChange, netFrames } from '#domain/clearing.ts';
import { isHouse } from '#domain/ledger-operation.ts';
import type { GroupId } from '#domain/market.ts';
import type { Watermark } from '#wire/accept-record.ts';
import type { SnapshotManifest } from '#wire/snapshot-manifest.ts';
import { creditsIn } from '#wire/snapshot-part.ts';
import { feeAccount, ledgerKeys, padded } from '#wire/table-keys.ts';
import type { ArchiveReader } from './archive-store.ts';
import { type ClearedRun, readRun } from './cleared-run.ts';
import { archivedFrames } from './journal-frames.ts';
import { SnapshotDamaged, type SnapshotReader } from './snapshot-store.ts';
import { untilSettled } from './transaction.ts';
import { readWatermark } from './watermark-item.ts';

export type EngineCredits = {
  /** The run's last frame: the ledger's credit as of then is compared. */
  frame: number;
  /** Where the snapshot was taken; 0 where there is none and the journal was read from its beginning. */
  snapshotFrame: number;
  /** Free and held, by account and asset. */
  lines: Map<string, Map<AssetId, bigint>>;
};

export type EngineSources = {
  client: DynamoDBDocumentClient;
  table: string;
  archive: Pick<ArchiveReader, 'read' | 'end'>;
  snapshots: SnapshotReader;
};

/** Older snapshots are not looked at: matchers take one every quarter of an hour. */
const snapshotsAtMost = 5;
/** Frames to roll forward: a snapshot is taken after 250,000 commands at the latest, and each frame has at least one. */
const framesAtMost = 300_000;

/** In words where nothing can be compared. */
export async function engineCredits(
  sources: EngineSources,
  groupId: GroupId,
): Promise<EngineCredits | string> {
  const { archive } = sources;
  const { frame: cleared } = await clearedThrough(sources, groupId);
  const end = await archive.end(groupId);
  const newest = await newestRun(sources, groupId, cleared);
  const run = await newestRun(sources, groupId, Math.min(cleared, end.frame));
  if (!run || !newest) return 'no run of it is cleared and archived';
  // Behind the newest run nothing moved money as far as the journal is cleared: a snapshot of there is one of the run's end.
  const isNewest = run.toFrame === newest.toFrame;
  const begun = await newestBefore(sources, groupId, isNewest ? cleared : run.toFrame);
  if (!begun && run.toFrame > framesAtMost) return 'it has no snapshot that reads';
  const { frame, lines } = begun ?? { frame: 0, lines: new Map() };
  let next = frame + 1;
  if (next <= run.toFrame)
    for await (const each of archivedFrames(archive, groupId, frame)) {
      if (each.frame > run.toFrame) break;
      // One by one: a frame holds at most one grant of an account and asset, more of them may hold more.
      for (const change of netFrames([each], feeAccount))
        if (!isHouse(change.account)) add(lines, change, frozenChange(change));
      next = each.frame + 1;
    }
  if (next <= run.toFrame) return `the archive ends before frame ${run.toFrame}`;
  return { frame: run.toFrame, snapshotFrame: frame, lines };
}

type Lines = EngineCredits['lines'];

/** How far a group is cleared. */
export async function clearedThrough(
  { client, table }: Pick<EngineSources, 'client' | 'table'>,
  groupId: GroupId,
): Promise<Watermark> {
  const Key = ledgerKeys.cursor(groupId);
  const get = new GetCommand({ TableName: table, Key, ConsistentRead: true });
  const { Item: item } = await untilSettled(() => client.send(get));
  return readWatermark(item?.['watermark']);
}

function add(lines: Lines, of: { account: string; asset: AssetId }, units: bigint): void {
  const line = lines.get(of.account) ?? new Map<AssetId, bigint>();
  lines.set(of.account, line);
  line.set(of.asset, (line.get(of.asset) ?? 0n) + units);
}

/** The newest run that ends at a frame or before it. */
export async function newestRun(
  { client, table }: Pick<EngineSources, 'client' | 'table'>,
  groupId: GroupId,
  throughFrame: number,
): Promise<ClearedRun | undefined> {
  const query = new QueryCommand({
    TableName: table,
    KeyConditionExpression: 'pk = :pk AND sk <= :through',
    ExpressionAttributeValues: {
      ':pk': ledgerKeys.runs(groupId),
      ':through': padded(throughFrame),
    },
    ScanIndexForward: false,
    ConsistentRead: true,
    Limit: 1,
  });
  const { Items: [item] = [] } = await untilSettled(() => client.send(query));
  return item && readRun(item);
}

/** The newest snapshot that reads and is not ahead of a frame. */
async function newestBefore(
  { snapshots }: EngineSources,
  groupId: GroupId,
  throughFrame: number,
): Promise<{ frame: number; lines: Lines } | undefined> {
  let looked = 0;
  for await (const found of snapshots.manifests(groupId)) {
    looked += 1;
    if (looked > snapshotsAtMost) return undefined;
    if (found.status === 'bad' || found.manifest.watermark.frame > throughFrame) continue;
    const { frame } = found.manifest.watermark;
    try {
      return { frame, lines: await linesOf(snapshots, found.manifest) };
    } catch (error) {
      if (!(error instanceof SnapshotDamaged)) throw error;
    }
  }
  return undefined;
}

async function linesOf(snapshots: SnapshotReader, { parts }: SnapshotManifest): Promise<Lines> {
  const lines: Lines = new Map();
  for (const part of parts)
    for (const credit of creditsIn(await snapshots.part(part)))
      add(lines, credit, BigInt(credit.freeUnits) + BigInt(credit.heldUnits));
  return lines;
}
