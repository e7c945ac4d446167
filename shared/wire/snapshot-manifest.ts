/** What a snapshot is made of, as the object that is written last: a snapshot without one does not exist. */
import { z } from 'zod';
import type { Watermark } from './accept-record.ts';
import { padded } from './table-keys.ts';

const watermark = z.object({
  epoch: z.number(),
  nonce: z.string(),
  frame: z.number(),
  chain: z.string(),
  lastSequence: z.number(),
  clock: z.number(),
  shardSequence: z.string(),
}) satisfies z.ZodType<Watermark>;

const part = z.object({
  key: z.string(),
  bytes: z.number(),
  records: z.number(),
  /** Of its bytes, as hex; also in its key, so that no two parts share one. */
  sha256: z.string(),
});

const manifest = z.object({
  /** Of the parts. 1: the first record that names somebody spells the name; 2: a record of its own does, before it. */
  format: z.union([z.literal(1), z.literal(2)]),
  groupId: z.string(),
  /** The behaviour that the state is of: other rules cannot go on with it. */
  rulesVersion: z.number(),
  /** Where in the journal the state is of: a frame that was durable before a byte of it left (W5). */
  watermark,
  /** Of the engine's state: what is restored must hash the same. */
  stateHash: z.string(),
  /** Wall clock, for people and for the snapshot's age. */
  takenAtMs: z.number(),
  parts: z.array(part),
});

export type SnapshotPart = z.infer<typeof part>;
export type SnapshotManifest = z.infer<typeof manifest>;

export const snapshotPrefix = (groupId: string): string => `snapshots/${groupId}/`;

/** S3 lists keys upwards: the newest must have the lowest, so what sorts is how far its frame is from the last possible one. */
export const manifestPrefix = (groupId: string): string => `${snapshotPrefix(groupId)}manifests/`;

export function manifestKey({
  groupId,
  watermark,
}: Pick<SnapshotManifest, 'groupId' | 'watermark'>): string {
  const { frame, epoch, chain } = watermark;
  const fromEnd = `${padded(Number.MAX_SAFE_INTEGER - frame)}.${padded(Number.MAX_SAFE_INTEGER - epoch)}`;
  return `${manifestPrefix(groupId)}${fromEnd}-frame-${frame}-epoch-${epoch}-${chain.slice(2, 18)}.json`;
}

/** Named by content: whoever writes a part again writes the same, and nobody can write another one in its place. */
export const partKey = (groupId: string, frame: number, sha256: string): string =>
  `${snapshotPrefix(groupId)}parts/${padded(frame)}/${sha256}`;

/** The manifest, and behind it the checksum of every byte before: `sha256` names a line of its own. */
export function encodeManifest(of: SnapshotManifest, sha256: (text: string) => string): string {
  const body = JSON.stringify(of, undefined, 2);
  return `${body}\n${sha256(body)}\n`;
}

/** Reads a manifest; words say what is wrong with one that does not hold. */
export function decodeManifest(
  text: string,
  sha256: (text: string) => string,
): { status: 'good'; manifest: SnapshotManifest } | { status: 'bad'; why: string } {
  const end = text.lastIndexOf('\n', text.length - 2);
  const body = text.slice(0, Math.max(end, 0));
  if (sha256(body) !== text.slice(end + 1).trim()) return bad('its checksum does not hold');
  const parsed = manifest.safeParse(JSON.parse(body));
  return parsed.success
    ? { status: 'good', manifest: parsed.data }
    : bad(`it is of another form: ${parsed.error.issues[0]?.path.join('.') ?? ''}`);
}

const bad = (why: string) => ({ status: 'bad' as const, why });
