/** Remembers on disk how far an event source mapping has read each shard. */
import { join } from 'node:path';
import { readJsonFile, writeJsonFile } from './json-file.ts';

export type Checkpoints = {
  /** When the mapping first ran: what `LATEST` means after a restart that found no checkpoint. */
  beganAtMs: number;
  /** Whether it ran before this boot. */
  isResumed: boolean;
  get: (shardId: string) => string | undefined;
  set: (shardId: string, sequenceNumber: string) => void;
};

type Stored = { beganAtMs: number; shards: Record<string, string> };

/** Written after success only, so a kill means that records come again, never that they are lost. */
export function openCheckpoints(folder: string, mapping: string, nowMs: number): Checkpoints {
  const path = join(folder, `${mapping.replace(/[^A-Za-z0-9._-]/g, '-')}.json`);
  const found = readJsonFile<Stored>(path);
  const stored: Stored = found ?? { beganAtMs: nowMs, shards: {} };
  if (found === undefined) writeJsonFile(path, stored);
  return {
    beganAtMs: stored.beganAtMs,
    isResumed: found !== undefined,
    get: (shardId) => stored.shards[shardId],
    set: (shardId, sequenceNumber) => {
      if (stored.shards[shardId] === sequenceNumber) return;
      stored.shards[shardId] = sequenceNumber;
      writeJsonFile(path, stored);
    },
  };
}
