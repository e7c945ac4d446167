/**
 * One side's levels by price: pages of 64 neighbouring prices with a bit for each that has orders, in an array sorted from the
 * worst page to the best. Nearly all that happens, happens in the last few pages; prices far apart cost a page each, no more.
 */
import { latelyAt, noOrder } from './engine-state.ts';
import { grownRegion } from './regions.ts';
import { levelPool, pagePool, releaseRow, takeRow } from './row-pool.ts';
import { Ladder, Level, PricePage } from './rows.ts';

export const noLevel: Level = changetype<Level>(0);
const noPage: PricePage = changetype<PricePage>(0);
/** Where a page's levels lie. */
const levelsAt: usize = offsetof<PricePage>();
const latelyMask = 4_095;
const startLog = 4;
const ladderBytes: usize = 32;
/** Of a market's four ladders, each with its first few pages' addresses behind all of them. */
export const laddersBytes: usize = 4 * (ladderBytes + (1 << startLog));

/** The ladder at one of the four places in a market's room for them. */
export function openLadder(room: usize, place: i32, market: i32, isDescending: bool): Ladder {
  const ladder = changetype<Ladder>(room + <usize>place * ladderBytes);
  ladder.pagesLog = <i8>startLog;
  ladder.pages = room + 4 * ladderBytes + ((<usize>place) << startLog);
  ladder.owner = (market << 2) + place;
  ladder.side = place < 2 ? (market << 1) + place : -1;
  ladder.isDescending = <i8>isDescending;
  return ladder;
}

/** The level at a price; nobody where there is none. */
export function findLevel(ladder: Ladder, ticks: i32): Level {
  const key = keyOf(ladder, ticks);
  const page = findPage(ladder, key >>> 6);
  if (page === noPage) return noLevel;
  const bit = key & 63;
  return (page.bits >> bit) & 1 ? levelAt(page, bit) : noLevel;
}

/** The level at a price, empty where it is new. */
export function levelFor(ladder: Ladder, ticks: i32): Level {
  const key = keyOf(ladder, ticks);
  const bit = key & 63;
  let page = findPage(ladder, key >>> 6);
  if (page === noPage) page = addPage(ladder, key >>> 6);
  else if ((page.bits >> bit) & 1) return levelAt(page, bit);
  const level = newLevel(ladder, ticks);
  page.bits |= (<u64>1) << bit;
  store<Level>(changetype<usize>(page) + levelsAt + ((<usize>bit) << 2), level);
  if (page === bestPage(ladder)) setBest(ladder, firstOf(page, 0));
  return level;
}

/** Takes out a level that is empty. */
export function dropLevel(level: Level): void {
  const ladder = level.ladder;
  const key = keyOf(ladder, level.ticks);
  const page = findPage(ladder, key >>> 6);
  page.bits &= ~((<u64>1) << (key & 63));
  if (page.bits === 0) dropPage(ladder, page);
  if (ladder.best === level) {
    setBest(ladder, ladder.pageCount === 0 ? noLevel : firstOf(bestPage(ladder), 0));
  }
  releaseRow(levelPool, changetype<usize>(level));
}

/** The next worse level than another; nobody behind the worst. */
export function nextLevel(level: Level): Level {
  const ladder = level.ladder;
  const key = keyOf(ladder, level.ticks);
  const page = findPage(ladder, key >>> 6);
  const within = firstOf(page, (key & 63) + 1);
  if (within !== noLevel) return within;
  const cursor = ladder.cursor;
  const isAtCursor = cursor < ladder.pageCount && pageAt(ladder, cursor) === page;
  const at = (isAtCursor ? cursor : placeOf(ladder, page.number)) - 1;
  ladder.cursor = max(0, at);
  return at < 0 ? noLevel : firstOf(pageAt(ladder, at), 0);
}

function setBest(ladder: Ladder, level: Level): void {
  ladder.best = level;
  ladder.bestTicks = level === noLevel ? 0 : level.ticks;
}

function newLevel(ladder: Ladder, ticks: i32): Level {
  const level = changetype<Level>(takeRow(levelPool));
  level.ticks = ticks;
  level.orders = 0;
  level.head = noOrder;
  level.tail = noOrder;
  level.noted = 0;
  level.shownLots = 0;
  level.hiddenLots = 0;
  level.question = 0;
  level.ladder = ladder;
  return level;
}

/** Which price it is, counted from the best possible one. */
function keyOf(ladder: Ladder, ticks: i32): i32 {
  return ladder.isDescending ? i32.MAX_VALUE - ticks : ticks;
}

function levelAt(page: PricePage, bit: i32): Level {
  return load<Level>(changetype<usize>(page) + levelsAt + ((<usize>bit) << 2));
}

/** The best level of a page, from a bit on. */
function firstOf(page: PricePage, from: i32): Level {
  if (from > 63) return noLevel;
  const bits = page.bits & (~(<u64>0) << from);
  return bits === 0 ? noLevel : levelAt(page, <i32>ctz<u64>(bits));
}

function pageAt(ladder: Ladder, at: i32): PricePage {
  return load<PricePage>(ladder.pages + ((<usize>at) << 2));
}

function bestPage(ladder: Ladder): PricePage {
  return pageAt(ladder, ladder.pageCount - 1);
}

/** Pages that were asked for lately are found by a hash of number and owner. */
function findPage(ladder: Ladder, number: i32): PricePage {
  const place = latelyPlace(ladder, number);
  const lately = load<PricePage>(place);
  if (lately !== noPage && lately.number === number && lately.ladder === ladder) return lately;
  const at = placeOf(ladder, number);
  if (at === ladder.pageCount) return noPage;
  const page = pageAt(ladder, at);
  if (page.number !== number) return noPage;
  store<PricePage>(place, page);
  return page;
}

/** What stands where a price's level would, if its page was asked for lately: good for looking ahead, and for nothing else. */
export function likelyLevel(ladder: Ladder, ticks: i32): Level {
  const key = keyOf(ladder, ticks);
  return levelAt(load<PricePage>(latelyPlace(ladder, key >>> 6)), key & 63);
}

function latelyPlace(ladder: Ladder, number: i32): usize {
  return latelyAt + ((<usize>((number ^ (ladder.owner * 61)) & latelyMask)) << 2);
}

/** Where a page is among the pages, or would be: the first that is not worse. */
function placeOf(ladder: Ladder, number: i32): i32 {
  let low = 0;
  let high = ladder.pageCount;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (pageAt(ladder, middle).number > number) low = middle + 1;
    else high = middle;
  }
  return low;
}

function addPage(ladder: Ladder, number: i32): PricePage {
  if (ladder.pageCount << 2 === 1 << (<i32>ladder.pagesLog)) {
    ladder.pages = grownRegion(ladder.pages, ladder.pagesLog);
    ladder.pagesLog = <i8>(ladder.pagesLog + 1);
  }
  const page = changetype<PricePage>(takeRow(pagePool));
  page.ladder = ladder;
  page.number = number;
  page.bits = 0;
  const at = placeOf(ladder, number);
  const place = ladder.pages + ((<usize>at) << 2);
  memory.copy(place + 4, place, (<usize>(ladder.pageCount - at)) << 2);
  store<PricePage>(place, page);
  ladder.pageCount += 1;
  return page;
}

function dropPage(ladder: Ladder, page: PricePage): void {
  const at = placeOf(ladder, page.number);
  const place = ladder.pages + ((<usize>at) << 2);
  ladder.pageCount -= 1;
  memory.copy(place, place + 4, (<usize>(ladder.pageCount - at)) << 2);
  page.number = -1;
  releaseRow(pagePool, changetype<usize>(page));
}
