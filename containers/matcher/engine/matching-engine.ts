/** The engine that the matcher runs. */
import { assert } from '#domain/assertion.ts';
import type { Engine } from './engine.ts';
import { createNaiveEngine, restoreNaiveEngine } from './naive/naive-engine.ts';
import type { SnapshotRecord } from './snapshot-record.ts';

/** The behaviour that this code has. A journal that names another cannot be replayed by it. */
export const currentRulesVersion = 2;

export function createEngine(options: { groupId?: string; rulesVersion?: number } = {}): Engine {
  const { groupId, rulesVersion = currentRulesVersion } = options;
  assert(rulesVersion === currentRulesVersion, `rules version ${rulesVersion} is not known`);
  return createNaiveEngine(groupId === undefined ? {} : { groupId });
}

/** An engine that goes on where the one that saved these records was. */
export function restoreEngine(
  records: Iterable<SnapshotRecord>,
  options: { groupId?: string } = {},
): Engine {
  return restoreNaiveEngine(records, options);
}
