/** The engine that the matcher runs. */
import { assert } from '#domain/assertion.ts';
import type { LeadingEngine } from './engine.ts';
import { createFastEngine, readFastEngine, restoreFastEngine } from './fast/fast-engine.ts';
import type { SnapshotRecord } from './snapshot-record.ts';
import type { EngineReader } from './state-reading.ts';

/** The behaviour that this code has. A journal that names another cannot be replayed by it. */
export const currentRulesVersion = 4;

export type EngineOptions = {
  groupId?: string;
  rulesVersion?: number;
  /**
   * A random number of this process, which keys the table of ids: whoever does not know it cannot sign orders whose digests
   * collide there. No result depends on it; tests leave it out.
   */
  hashSecret?: number;
};

export function createEngine(options: EngineOptions = {}): LeadingEngine {
  return createFastEngine(fastOptions(options));
}

/** An engine that goes on where the one that saved these records was. */
export function restoreEngine(
  records: Iterable<SnapshotRecord>,
  options: EngineOptions = {},
): LeadingEngine {
  return restoreFastEngine(records, fastOptions(options));
}

/** The same from the parts of a snapshot; `records`: how many they hold. */
export function readEngine({
  records,
  ...options
}: EngineOptions & { records: number }): EngineReader {
  return readFastEngine({ records, ...fastOptions(options) });
}

function fastOptions({
  groupId,
  rulesVersion = currentRulesVersion,
  hashSecret = 0,
}: EngineOptions): { groupId?: string; hashSecret: number } {
  assert(rulesVersion === currentRulesVersion, `rules version ${rulesVersion} is not known`);
  return groupId === undefined ? { hashSecret } : { groupId, hashSecret };
}
