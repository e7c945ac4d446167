/**
 * One side's levels by price: pages of 64 neighbouring prices with a bit for each that has orders, in an array sorted from the
 * worst page to the best. Nearly all that happens, happens in the last few pages; prices far apart cost a page each, no more.
 */
import { noOrder } from './engine-state.ts';
import { grownRegion } from './regions.ts';
import { levelPool, pagePool, releaseRow, takeRow } from './row-pool.ts';
import { Ladder, Level, PageEntry, PricePage } from './rows.ts';

export const noLevel: Level = changetype<Level>(0);
const noPage: PricePage = changetype<PricePage>(0);
/** Where a page's levels lie. */
const levelsAt: usize = offsetof<PricePage>();
const entryLog = 3;
const startLog = 5;
const ladderBytes: usize = 32;
/** Of a market's four ladders, with the entries of their first four pages behind all of them. */
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
  const level = newLevel(page, ticks);
  page.bits |= (<u64>1) << bit;
  store<Level>(changetype<usize>(page) + levelsAt + ((<usize>bit) << 2), level);
  if (page === bestPage(ladder)) setBest(ladder, firstOf(page, 0));
  return level;
}

/** Takes out a level that is empty. */
export function dropLevel(level: Level): void {
  const page = level.page;
  const ladder = page.ladder;
  const key = keyOf(ladder, level.ticks);
  page.bits &= ~((<u64>1) << (key & 63));
  if (page.bits === 0) dropPage(ladder, key >>> 6);
  if (ladder.best === level) {
    setBest(ladder, ladder.pageCount === 0 ? noLevel : firstOf(bestPage(ladder), 0));
  }
  releaseRow(levelPool, changetype<usize>(level));
}

/** The next worse level than another; nobody behind the worst. */
export function nextLevel(level: Level): Level {
  const page = level.page;
  const ladder = page.ladder;
  const key = keyOf(ladder, level.ticks);
  const within = firstOf(page, (key & 63) + 1);
  if (within !== noLevel) return within;
  const cursor = ladder.cursor;
  const isAtCursor = cursor < ladder.pageCount && pageAt(ladder, cursor) === page;
  const at = (isAtCursor ? cursor : placeOf(ladder, key >>> 6)) - 1;
  ladder.cursor = max(0, at);
  return at < 0 ? noLevel : firstOf(pageAt(ladder, at), 0);
}

/** What a price's page most likely is: good for looking ahead, and for nothing else. */
export function likelyPage(ladder: Ladder, ticks: i32): PricePage {
  if (ladder.pageCount === 0) return noPage;
  return pageAt(ladder, likelyPlace(ladder, keyOf(ladder, ticks) >>> 6));
}

/** What stands at a price's place in a page; nobody where its bit says so. */
export function levelWithin(page: PricePage, ladder: Ladder, ticks: i32): Level {
  const bit = keyOf(ladder, ticks) & 63;
  return select<Level>(levelAt(page, bit), noLevel, ((page.bits >> bit) & 1) !== 0);
}

/** A ladder's best page; nobody where it has none. */
export function firstPage(ladder: Ladder): PricePage {
  return ladder.pageCount === 0 ? noPage : bestPage(ladder);
}

/** The best level of some of a page's bits; what answers for none of them is no level. */
export function bestWithin(page: PricePage, bits: u64): Level {
  return levelAt(page, <i32>ctz<u64>(bits) & 63);
}

function setBest(ladder: Ladder, level: Level): void {
  ladder.best = level;
  ladder.bestTicks = level === noLevel ? 0 : level.ticks;
}

function newLevel(page: PricePage, ticks: i32): Level {
  const level = changetype<Level>(takeRow(levelPool));
  level.ticks = ticks;
  level.orders = 0;
  level.head = noOrder;
  level.tail = noOrder;
  level.noted = 0;
  level.shownLots = 0;
  level.hiddenLots = 0;
  level.question = 0;
  level.page = page;
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

function entryAt(ladder: Ladder, at: i32): PageEntry {
  return changetype<PageEntry>(ladder.pages + ((<usize>at) << entryLog));
}

function pageAt(ladder: Ladder, at: i32): PricePage {
  return entryAt(ladder, at).page;
}

function bestPage(ladder: Ladder): PricePage {
  return pageAt(ladder, ladder.pageCount - 1);
}

function findPage(ladder: Ladder, number: i32): PricePage {
  const at = placeOf(ladder, number);
  if (at === ladder.pageCount) return noPage;
  const entry = entryAt(ladder, at);
  return entry.number === number ? entry.page : noPage;
}

/** Where a page is among the pages, or would be: the first that is not worse. */
function placeOf(ladder: Ladder, number: i32): i32 {
  let high = ladder.pageCount;
  if (high === 0) return 0;
  let low = likelyPlace(ladder, number);
  if (entryAt(ladder, low).number === number) return low;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (entryAt(ladder, middle).number > number) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Most pages are neighbours up to the best one: then this is the place of one that is there, and else it is further on. */
function likelyPlace(ladder: Ladder, number: i32): i32 {
  const last = ladder.pageCount - 1;
  return max(0, last - max(0, number - entryAt(ladder, last).number));
}

function addPage(ladder: Ladder, number: i32): PricePage {
  if (ladder.pageCount << entryLog === 1 << (<i32>ladder.pagesLog)) {
    ladder.pages = grownRegion(ladder.pages, ladder.pagesLog);
    ladder.pagesLog = <i8>(ladder.pagesLog + 1);
  }
  const page = changetype<PricePage>(takeRow(pagePool));
  page.ladder = ladder;
  page.bits = 0;
  const at = placeOf(ladder, number);
  const entry = entryAt(ladder, at);
  const bytesBehind = (<usize>(ladder.pageCount - at)) << entryLog;
  memory.copy(changetype<usize>(entryAt(ladder, at + 1)), changetype<usize>(entry), bytesBehind);
  entry.number = number;
  entry.page = page;
  ladder.pageCount += 1;
  return page;
}

function dropPage(ladder: Ladder, number: i32): void {
  const at = placeOf(ladder, number);
  const entry = entryAt(ladder, at);
  const page = entry.page;
  ladder.pageCount -= 1;
  const bytesBehind = (<usize>(ladder.pageCount - at)) << entryLog;
  memory.copy(changetype<usize>(entry), changetype<usize>(entryAt(ladder, at + 1)), bytesBehind);
  releaseRow(pagePool, changetype<usize>(page));
}
