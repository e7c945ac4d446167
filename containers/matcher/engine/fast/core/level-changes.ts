/** Which price levels changed since somebody last asked, each once: a list of them, and a table in which a level that comes again is found. */
import { state } from './engine-state.ts';
import { findLevel, noLevel } from './price-ladder.ts';
import { releaseRegion, takeRegion } from './regions.ts';
import { Ladder, Level } from './rows.ts';

/** What is told of a level; the lots are filled in when somebody asks. */
@unmanaged
class LevelChange {
  ladder: Ladder;
  ticks: i32;
  shownLots: f64;
}

const changeLog = 4;
const startLog = 8;

export function openChanges(): void {
  state.changesLog = startLog;
  state.changes = takeRegion(startLog + changeLog);
  state.changeIndex = takeRegion(startLog + 3);
}

/** A level is noted once as long as it lives; one that was gone and came again is found in the table. */
export function noteLevel(level: Level): void {
  if (level.noted) return;
  level.noted = 1;
  const ladder = level.page.ladder;
  let place = placeOf(ladder, level.ticks);
  if (load<i32>(place) !== 0) return;
  if (state.changeCount === 1 << state.changesLog) {
    grow();
    place = placeOf(ladder, level.ticks);
  }
  const change = changeAt(state.changeCount);
  change.ladder = ladder;
  change.ticks = level.ticks;
  state.changeCount += 1;
  store<i32>(place, state.changeCount);
}

/** Fills in what the levels show now, forgets that they changed, and answers how many there are; they stay to be read until the next change. */
export function takeChanges(): i32 {
  const count = state.changeCount;
  for (let at = 0; at < count; at += 1) {
    const change = changeAt(at);
    const level = findLevel(change.ladder, change.ticks);
    change.shownLots = level === noLevel ? 0 : level.shownLots;
    if (level !== noLevel) level.noted = 0;
  }
  memory.fill(state.changeIndex, 0, 1 << (state.changesLog + 3));
  state.changeCount = 0;
  return count;
}

function changeAt(at: i32): LevelChange {
  return changetype<LevelChange>(state.changes + ((<usize>at) << changeLog));
}

/** Where a level's number + 1 stands in the table, or would stand. */
function placeOf(ladder: Ladder, ticks: i32): usize {
  const mask = (2 << state.changesLog) - 1;
  const mixed = (ticks * 0x2c1b3c6d) ^ (ladder.owner * 0x297a2d39);
  let at = (mixed ^ (mixed >>> 15)) & mask;
  let place = state.changeIndex + ((<usize>at) << 2);
  while (load<i32>(place) !== 0) {
    const change = changeAt(load<i32>(place) - 1);
    if (change.ticks === ticks && change.ladder === ladder) break;
    at = (at + 1) & mask;
    place = state.changeIndex + ((<usize>at) << 2);
  }
  return place;
}

function grow(): void {
  const log = state.changesLog;
  const grown = takeRegion(log + 1 + changeLog);
  memory.copy(grown, state.changes, 1 << (log + changeLog));
  releaseRegion(state.changes, log + changeLog);
  releaseRegion(state.changeIndex, log + 3);
  state.changes = grown;
  state.changesLog = log + 1;
  state.changeIndex = takeRegion(log + 4);
  memory.fill(state.changeIndex, 0, 1 << (log + 4));
  for (let at = 0; at < state.changeCount; at += 1) {
    const change = changeAt(at);
    store<i32>(placeOf(change.ladder, change.ticks), at + 1);
  }
}
