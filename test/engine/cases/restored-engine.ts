/** An engine that is saved behind each command and goes on as the one restored from its records: whatever a snapshot forgets shows in the next command. */
import type { Engine, LevelChange } from '../../../containers/matcher/engine/engine.ts';
import type { SnapshotRecord } from '../../../containers/matcher/engine/snapshot-record.ts';

/** After so many commands an engine is saved only where one was stopped midway: to save a thousand orders behind each of a thousand commands takes too long. */
const savedCommands = 100;

type Restore = (records: Iterable<SnapshotRecord>) => Engine;

export function restoredEngine(first: Engine, restore: Restore): Engine {
  let now = first;
  let applied = 0;
  /** Changes that the engines before told of; who listens hears of each level once. */
  const changes = new Map<string, LevelChange>();
  const hear = () => {
    for (const change of now.takeLevelChanges()) {
      changes.set(`${change.marketId} ${change.side} ${change.priceTicks}`, change);
    }
  };
  const own: Partial<Engine> = {
    apply(command, emit) {
      now.apply(command, emit);
      applied += 1;
      if (applied > savedCommands && !now.isUnfinished) return;
      const records = recordsOf(now);
      hear();
      now = restore(records);
      now.takeLevelChanges();
    },
    takeLevelChanges() {
      hear();
      const heard = [...changes.values()];
      changes.clear();
      return heard;
    },
  };
  return new Proxy(first, {
    get(_, name: keyof Engine) {
      if (own[name]) return own[name];
      const member = now[name];
      return typeof member === 'function' ? member.bind(now) : member;
    },
  });
}

/** A record is the reader's only until the next one, so each is copied. */
function recordsOf(engine: Engine): SnapshotRecord[] {
  const records: SnapshotRecord[] = [];
  engine.save((record) => records.push(structuredClone(record)));
  return records;
}
