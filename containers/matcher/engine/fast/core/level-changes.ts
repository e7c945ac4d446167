/** Which price levels changed since somebody last asked, each once: a bit for each in its page, and a list of the pages that have any. */
import { state } from './engine-state.ts';
import { dropPage, levelWithin, noLevel, noPage, standAgain, ticksOf } from './price-ladder.ts';
import { grownRegion, takeRegion } from './regions.ts';
import { Ladder, Level, PricePage } from './rows.ts';

/** What is told of a level. */
@unmanaged
class LevelChange {
  ladder: Ladder;
  ticks: i32;
  shownLots: f64;
}

const changeLog = 4;
const startLog = 8;
const levelsOfPage: i32 = 64;

export function openChanges(): void {
  state.changesLog = startLog;
  state.changes = takeRegion(startLog + changeLog);
}

export function noteLevel(level: Level): void {
  note(level.page, (<u64>1) << level.bit);
}

function note(page: PricePage, bits: u64): void {
  // Without a branch: whether it is the first of its page nobody guesses.
  const isFirst = page.noted === 0;
  page.nextNoted = select<PricePage>(state.notedPages, page.nextNoted, isFirst);
  state.notedPages = select<PricePage>(page, state.notedPages, isFirst);
  page.noted |= bits;
}

/** Writes down what the levels show now, forgets that they changed, and answers how many there are; they stay to be read until the next time. */
export function takeChanges(): i32 {
  gatherPages();
  let count = 0;
  while (state.notedPages !== noPage) {
    const page = state.notedPages;
    state.notedPages = page.nextNoted;
    count = tellPage(page, count);
    page.noted = 0;
    if (page.bits === 0) dropPage(page);
  }
  return count;
}

/** Pages that went while they were noted stand again until they are told; where another took the place of one, it tells for both. */
function gatherPages(): void {
  let next = state.notedPages;
  state.notedPages = noPage;
  while (next !== noPage) {
    const page = next;
    next = page.nextNoted;
    const noted = page.noted;
    page.noted = 0;
    note(page.bits === 0 ? standAgain(page) : page, noted);
  }
}

/** Its noted levels, best first, behind so many that were told before. */
function tellPage(page: PricePage, before: i32): i32 {
  const ladder = page.ladder;
  let count = before;
  if (count + levelsOfPage > 1 << state.changesLog) grow();
  for (let rest = page.noted; rest !== 0; rest &= rest - 1) {
    const change = changeAt(count);
    const bit = <i32>ctz<u64>(rest);
    const ticks = ticksOf(page, bit);
    const level = levelWithin(page, bit);
    change.ladder = ladder;
    change.ticks = ticks;
    change.shownLots = level === noLevel ? 0 : level.shownLots;
    count += 1;
  }
  return count;
}

function changeAt(at: i32): LevelChange {
  return changetype<LevelChange>(state.changes + ((<usize>at) << changeLog));
}

function grow(): void {
  state.changes = grownRegion(state.changes, state.changesLog + changeLog);
  state.changesLog += 1;
}
