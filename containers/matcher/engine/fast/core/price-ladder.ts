/**
 * One side's levels by price: pages of 64 neighbouring prices with a bit for each that has orders, in an array sorted from the
 * worst page to the best. Nearly all that happens, happens in the last few pages; prices far apart cost a page each, no more.
 */
import { noOrder } from './engine-state.ts';
import { grownRegion } from './regions.ts';
import { levelPool, pagePool, releaseRow, takeRow } from './row-pool.ts';
import { Ladder, Level, PageEntry, PricePage } from './rows.ts';

export const noLevel: Level = changetype<Level>(0);
export const noPage: PricePage = changetype<PricePage>(0);
/** Turns prices over, so that the best one comes first. */
const turned: i32 = i32.MAX_VALUE;
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
  ladder.pagesLog = <u8>startLog;
  ladder.pages = room + 4 * ladderBytes + ((<usize>place) << startLog);
  ladder.side = place < 2 ? (market << 1) + place : -1;
  ladder.turn = isDescending ? turned : 0;
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
  const level = newLevel(page, ticks, bit);
  page.bits |= (<u64>1) << bit;
  store<Level>(changetype<usize>(page) + levelsAt + ((<usize>bit) << 2), level);
  if (page === bestPage(ladder)) setBest(ladder, firstOf(page, 0));
  return level;
}

/** Takes out a level that is empty. */
export function dropLevel(level: Level): void {
  const page = level.page;
  const ladder = page.ladder;
  const bits = page.bits & ~((<u64>1) << level.bit);
  page.bits = bits;
  if (bits === 0) dropPage(page);
  if (ladder.best === level) {
    setBest(ladder, ladder.pageCount === 0 ? noLevel : firstOf(bestPage(ladder), 0));
  }
  releaseRow(levelPool, changetype<usize>(level));
}

/** The next worse level than another; nobody behind the worst. */
export function nextLevel(level: Level): Level {
  const page = level.page;
  const within = firstOf(page, level.bit + 1);
  if (within !== noLevel) return within;
  const ladder = page.ladder;
  const cursor = ladder.cursor;
  const isAtCursor = cursor < ladder.pageCount && pageAt(ladder, cursor) === page;
  const at = (isAtCursor ? cursor : placeOf(ladder, page.number)) - 1;
  ladder.cursor = max(0, at);
  return at < 0 ? noLevel : firstOf(pageAt(ladder, at), 0);
}

/** What most likely stands at a price: good for looking ahead, and for nothing else. Asks for no branch where there are no pages. */
export function likelyLevel(ladder: Ladder, ticks: i32): Level {
  const key = keyOf(ladder, ticks);
  const last = max(0, ladder.pageCount - 1);
  return levelWithin(pageAt(ladder, likelyPlace(ladder, last, key >>> 6)), key & 63);
}

/** What stands at a bit's place in a page; nobody where its bit says so. */
export function levelWithin(page: PricePage, bit: i32): Level {
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

/** Whether one of a ladder's prices is as good as another or better, without a branch on its side: nobody guesses that. */
export function isAsGood(ladder: Ladder, ticks: i32, otherTicks: i32): bool {
  return keyOf(ladder, ticks) <= keyOf(ladder, otherTicks);
}

function setBest(ladder: Ladder, level: Level): void {
  ladder.best = level;
  ladder.bestTicks = level === noLevel ? 0 : level.ticks;
}

function newLevel(page: PricePage, ticks: i32, bit: i32): Level {
  const level = changetype<Level>(takeRow(levelPool));
  level.ticks = ticks;
  level.orders = 0;
  level.head = noOrder;
  level.tail = noOrder;
  level.bit = bit;
  level.shownLots = 0;
  level.hiddenLots = 0;
  level.question = 0;
  level.page = page;
  return level;
}

/** Which price it is, counted from the best possible one; and the other way round. */
function keyOf(ladder: Ladder, ticks: i32): i32 {
  return ticks ^ ladder.turn;
}

/** Which price a bit of a page stands for. */
export function ticksOf(page: PricePage, bit: i32): i32 {
  return keyOf(page.ladder, (page.number << 6) | bit);
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
  let low = likelyPlace(ladder, high - 1, number);
  if (entryAt(ladder, low).number === number) return low;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (entryAt(ladder, middle).number > number) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Most pages are neighbours up to the last, best one: then this is the place of one that is there, and else it is further on. */
function likelyPlace(ladder: Ladder, last: i32, number: i32): i32 {
  return max(0, last - max(0, number - entryAt(ladder, last).number));
}

function addPage(ladder: Ladder, number: i32): PricePage {
  const page = changetype<PricePage>(takeRow(pagePool));
  page.bits = 0;
  page.noted = 0;
  page.ladder = ladder;
  page.number = number;
  enter(page);
  return page;
}

/** Puts a page among its ladder's. */
function enter(page: PricePage): void {
  const ladder = page.ladder;
  const number = page.number;
  if (ladder.pageCount << entryLog === 1 << (<i32>ladder.pagesLog)) {
    ladder.pages = grownRegion(ladder.pages, ladder.pagesLog);
    ladder.pagesLog = <u8>(ladder.pagesLog + 1);
  }
  const at = placeOf(ladder, number);
  const entry = entryAt(ladder, at);
  const bytesBehind = (<usize>(ladder.pageCount - at)) << entryLog;
  memory.copy(changetype<usize>(entryAt(ladder, at + 1)), changetype<usize>(entry), bytesBehind);
  entry.number = number;
  entry.page = page;
  ladder.pageCount += 1;
}

/** Takes out a page without levels. One that is noted stays where it is until it was told. */
export function dropPage(page: PricePage): void {
  const ladder = page.ladder;
  const at = placeOf(ladder, page.number);
  const entry = entryAt(ladder, at);
  ladder.pageCount -= 1;
  const bytesBehind = (<usize>(ladder.pageCount - at)) << entryLog;
  memory.copy(changetype<usize>(entry), changetype<usize>(entryAt(ladder, at + 1)), bytesBehind);
  if (page.noted === 0) releaseRow(pagePool, changetype<usize>(page));
}

/** Puts a page that was dropped back for a while, or lets it go where another has come in its place; answers which stands there. */
export function standAgain(page: PricePage): PricePage {
  const other = findPage(page.ladder, page.number);
  if (other === noPage) {
    enter(page);
    return page;
  }
  releaseRow(pagePool, changetype<usize>(page));
  return other;
}
