/** The newest snapshot that reads whole and whose chain is the journal's: where a replica begins instead of at the first frame. */
import type { JournalRecord } from '#cloud/journal-run.ts';
import { SnapshotDamaged, type SnapshotReader } from '#cloud/snapshot-store.ts';
import { acceptRecord, type Watermark } from '#wire/accept-record.ts';
import type { SnapshotManifest, SnapshotPart } from '#wire/snapshot-manifest.ts';
import { snapshotPartsAhead } from './bounds.ts';
import { asError } from './doubt.ts';
import { currentRulesVersion, readEngine } from './engine/matching-engine.ts';
import { LateMemory, type LateRecord } from './late-memory.ts';
import type { StartingPoint } from './replica.ts';
import { PartReader } from './snapshot-reader.ts';

export type SnapshotSource = {
  groupId: string;
  /** A random number of this process that keys the engine's table of ids; no result depends on it. */
  hashSecret: number;
  snapshots: SnapshotReader;
  /** Settlement's watermark: a place that the journal surely holds. */
  cleared: Watermark;
  /** The journal behind a place, to its present end. */
  records: (after: Watermark) => AsyncIterable<JournalRecord[]>;
  /** Told why a snapshot is passed over. */
  unused: (why: string) => void;
};

/** Do it before the lease is taken: to restore a million orders takes longer than a lease lasts. Undefined where there is none to begin with. */
export async function newestSnapshot(source: SnapshotSource): Promise<StartingPoint | undefined> {
  const { groupId, snapshots, unused } = source;
  for await (const found of snapshots.manifests(groupId)) {
    const why = found.status === 'bad' ? found.why : await flawOf(found.manifest, source);
    if (found.status === 'bad' || why !== undefined) {
      unused(`${found.key}: ${why}`);
      continue;
    }
    try {
      return await restoredFrom(found.manifest, source);
    } catch (error) {
      if (!(error instanceof SnapshotDamaged)) throw error;
      unused(error.message);
    }
  }
  return undefined;
}

/** Why a snapshot may not be used; undefined where it may. */
async function flawOf(
  { rulesVersion, groupId, watermark }: SnapshotManifest,
  source: SnapshotSource,
): Promise<string | undefined> {
  if (groupId !== source.groupId) return `it is of group ${groupId}`;
  if (rulesVersion !== currentRulesVersion) return `it is of rules version ${rulesVersion}`;
  const { cleared } = source;
  if (isAt(cleared, watermark)) return undefined;
  return isBefore(cleared, watermark)
    ? unreached(watermark, source)
    : discontinued(watermark, source);
}

/** The snapshot is ahead of settlement: the journal from there on must come to exactly its chain (W5). */
async function unreached(
  to: Watermark,
  { groupId, cleared, records }: SnapshotSource,
): Promise<string | undefined> {
  let state = cleared;
  for await (const batch of records(cleared)) {
    for (const record of batch) {
      const verdict = acceptRecord(groupId, state, record);
      if (verdict.type === 'stop') return `the journal does not come to it: ${verdict.detail}`;
      state = verdict.state;
      if (isAt(state, to)) return undefined;
      if (!isBefore(state, to)) return `the journal has another chain at frame ${state.frame}`;
    }
  }
  return 'the journal ends before it';
}

/** The ledger was cleared further than the snapshot: the next frame must continue its chain, and whoever replays comes to the ledger's. */
async function discontinued(
  from: Watermark,
  { groupId, records, cleared }: SnapshotSource,
): Promise<string | undefined> {
  let state = from;
  for await (const batch of records(from)) {
    for (const record of batch) {
      const verdict = acceptRecord(groupId, state, record);
      if (verdict.type === 'stop') return `the journal does not go on from it: ${verdict.detail}`;
      state = verdict.state;
      if (verdict.type === 'frame' || isAt(state, cleared)) return undefined;
      if (!isBefore(state, cleared)) return 'the journal has another chain behind it';
    }
  }
  return 'the journal ends before it';
}

/** The chain names everything before it: the same chain is the same history. */
const isAt = (state: Watermark, { epoch, frame, chain }: Watermark): boolean =>
  state.epoch === epoch && state.frame === frame && state.chain === chain;

const isBefore = (one: Watermark, other: Watermark): boolean =>
  one.frame < other.frame || (one.frame === other.frame && one.epoch < other.epoch);

async function restoredFrom(
  manifest: SnapshotManifest,
  { groupId, hashSecret, snapshots }: SnapshotSource,
): Promise<StartingPoint> {
  const late: LateRecord[] = [];
  const records = manifest.parts.reduce((all, part) => all + part.records, 0);
  const reader = readEngine({ groupId, hashSecret, records });
  for await (const { part, key } of partsOf(manifest, snapshots))
    read(key, () => reader.take(new PartReader(part, (record) => late.push(record))));
  const { engine, stateHash } = read('its parts', () => reader.done());
  const { watermark } = manifest;
  if (stateHash !== manifest.stateHash)
    throw new SnapshotDamaged(`the snapshot of frame ${watermark.frame} has another state's hash`);
  if (engine.sequence !== watermark.lastSequence)
    throw new SnapshotDamaged(`the snapshot of frame ${watermark.frame} ends at another sequence`);
  return { engine, late: new LateMemory(late), watermark };
}

/** The next ones are fetched while one is read. */
async function* partsOf({ parts }: SnapshotManifest, from: SnapshotReader) {
  const fetched = (part: SnapshotPart) => {
    const bytes = from.part(part);
    // Where an earlier one fails, nobody waits for this one.
    bytes.catch(() => {});
    return { key: part.key, bytes };
  };
  const waiting = [...parts];
  const ahead = waiting.splice(0, snapshotPartsAhead).map(fetched);
  for (let next = ahead.shift(); next; next = ahead.shift()) {
    yield { key: next.key, part: await next.bytes };
    ahead.push(...waiting.splice(0, 1).map(fetched));
  }
}

/** What comes of bytes that are as they were written and mean nothing here: another snapshot may read. */
function read<T>(what: string, run: () => T): T {
  try {
    return run();
  } catch (cause) {
    throw new SnapshotDamaged(`${what}: ${asError(cause).message}`, { cause });
  }
}
