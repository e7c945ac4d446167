/**
 * Every id that the engine must know again: digests of orders, and what commands were answered. Digests are found through an
 * open-addressing table whose hash is keyed by a secret, so that nobody can sign orders whose digests collide in it. The few ids
 * that are no digests are TypeScript's to find; here they have a row like all others.
 */
import { digestAt, EngineState, noId, state } from './engine-state.ts';
import { releaseRegion, takeRegion } from './regions.ts';
import { idPool, releaseRow, takeRow } from './row-pool.ts';
import { Id } from './rows.ts';

/** A pair of a hash and an address. */
const pairLog = 3;
const startLog = 10;

export function openIdTable(secret: i32): void {
  state.idIndexLog = startLog;
  state.idIndex = takeRegion(startLog + pairLog);
  let mixing = secret;
  for (let at: usize = 0; at < 9; at += 1) {
    mixing += 0x6d2b79f5;
    const mixed = (mixing ^ (mixing >>> 15)) * 0x2c1b3c6d;
    const key = ((mixed ^ (mixed >>> 13)) * 0x297a2d39) | 1;
    store<i32>(changetype<usize>(state) + (at << 2), key, offsetof<EngineState>('keyA'));
  }
}

/** Where a digest belongs in the table; nobody can foresee it without the secret. */
function hashOf(a: u64, b: u64, c: u64, d: u64): i32 {
  let hash = state.keyStart;
  hash = step(hash, <i32>a, state.keyA);
  hash = step(hash, <i32>(a >> 32), state.keyB);
  hash = step(hash, <i32>b, state.keyC);
  hash = step(hash, <i32>(b >> 32), state.keyD);
  hash = step(hash, <i32>c, state.keyE);
  hash = step(hash, <i32>(c >> 32), state.keyF);
  hash = step(hash, <i32>d, state.keyG);
  return step(hash, <i32>(d >> 32), state.keyH);
}

/** Takes one more word into a hash. */
export function step(hash: i32, word: i32, key: i32): i32 {
  const mixed = (hash ^ word) * key;
  return mixed ^ (mixed >>> 15);
}

/** The row of a digest; nobody where it is not known. */
function findDigest(hash: i32, a: u64, b: u64, c: u64, d: u64): Id {
  const index = state.idIndex;
  const mask = (1 << state.idIndexLog) - 1;
  let at = hash & mask;
  let id = noId;
  do {
    const pair = index + ((<usize>at) << pairLog);
    id = load<Id>(pair, 4);
    at = (at + 1) & mask;
    if (id === noId || load<i32>(pair) !== hash) continue;
    if (id.digestA === a && id.digestB === b && id.digestC === c && id.digestD === d) return id;
  } while (id !== noId);
  return noId;
}

/** Two of a digest's words, of its bytes as they are written out. */
export function wordsAt(digest: usize, from: usize): u64 {
  return inTextOrder(load<u64>(digest + from));
}

/** Two words, each with its first byte last, and back. */
export function inTextOrder(words: u64): u64 {
  return rotl<u64>(bswap<u64>(words), 32);
}

/** The row of the digest at `digestAt`; nobody where it is not known. */
export function findId(): Id {
  const a = load<u64>(digestAt);
  const b = load<u64>(digestAt, 8);
  const c = load<u64>(digestAt, 16);
  const d = load<u64>(digestAt, 24);
  return findDigest(hashOf(a, b, c, d), a, b, c, d);
}

/** The same; made where there is none. It stays until a request that names it is applied. */
export function internId(): Id {
  const a = load<u64>(digestAt);
  const b = load<u64>(digestAt, 8);
  const c = load<u64>(digestAt, 16);
  const d = load<u64>(digestAt, 24);
  const hash = hashOf(a, b, c, d);
  const known = findDigest(hash, a, b, c, d);
  const id = known === noId ? newId() : known;
  id.pending += 1;
  if (known !== noId) return id;
  id.digestA = a;
  id.digestB = b;
  id.digestC = c;
  id.digestD = d;
  id.hash = hash;
  id.isText = 0;
  state.idsIndexed += 1;
  // At most half full: a search looks at two places on average.
  if (state.idsIndexed << 1 > 1 << state.idIndexLog) growIndex(state.idIndexLog + 1);
  insert(state.idIndex, (1 << state.idIndexLog) - 1, id);
  return id;
}

/** The same of the digest whose bytes begin there. */
export function internIdAt(digest: usize): Id {
  readDigest(digest);
  return internId();
}

/** Takes the digest whose bytes begin there to `digestAt`. */
export function readDigest(digest: usize): void {
  for (let word: usize = 0; word < 32; word += 8) {
    store<u64>(digestAt + word, wordsAt(digest, word));
  }
}

/** Where in the table the digest whose bytes begin there would stand if nobody stood in its way. */
export function homeOf(digest: usize): usize {
  const hash = hashOf(
    wordsAt(digest, 0),
    wordsAt(digest, 8),
    wordsAt(digest, 16),
    wordsAt(digest, 24),
  );
  const mask = (1 << state.idIndexLog) - 1;
  return state.idIndex + ((<usize>(hash & mask)) << pairLog);
}

/** The row that stands at a place of the table. */
export function rowAt(place: usize): Id {
  return load<Id>(place, 4);
}

/** A row for an id that is no digest, where TypeScript knows none. */
export function addTextId(): Id {
  const id = newId();
  id.isText = 1;
  return id;
}

function newId(): Id {
  const id = changetype<Id>(takeRow(idPool));
  id.order = 0;
  id.sequence = 0;
  id.pending = 0;
  return id;
}

/** A request that names it was applied. */
export function settleId(id: Id): void {
  if (id === noId) return;
  id.pending -= 1;
  releaseUnused(id);
}

/** Remembers a command's first result. */
export function remember(id: Id, code: i32, sequence: f64, atMs: f64): void {
  id.code = <i8>code;
  id.sequence = sequence;
  id.atMs = atMs;
  id.next = noId;
  if (state.oldestRemembered === noId) state.oldestRemembered = id;
  else state.newestRemembered.next = id;
  state.newestRemembered = id;
}

/** Forgets the result that was remembered first, and the id with it where no order has it. */
export function forgetOldest(): void {
  const id = state.oldestRemembered;
  state.oldestRemembered = id.next;
  id.sequence = 0;
  releaseUnused(id);
}

/** An id that no order, no result and no request needs goes. */
export function releaseUnused(id: Id): void {
  if (id.sequence > 0 || id.order !== 0 || id.pending > 0) return;
  if (id.isText) {
    id.next = state.droppedTexts;
    state.droppedTexts = id;
    return;
  }
  unindex(id);
  state.idsIndexed -= 1;
  releaseRow(idPool, changetype<usize>(id));
}

/** Makes room for so many ids. */
export function reserveIndex(count: i32): void {
  let log = state.idIndexLog;
  while (1 << log < count << 1) log += 1;
  if (log > state.idIndexLog) growIndex(log);
  if (state.idsIndexed === 0) memory.fill(state.idIndex, 0, 1 << (state.idIndexLog + pairLog));
}

function insert(index: usize, mask: i32, id: Id): void {
  let at = id.hash & mask;
  while (load<usize>(index + ((<usize>at) << pairLog), 4) !== 0) at = (at + 1) & mask;
  const pair = index + ((<usize>at) << pairLog);
  store<i32>(pair, id.hash);
  store<usize>(pair, changetype<usize>(id), 4);
}

/** Takes an id's place out and moves those behind it up, so that no search ends at a hole. */
function unindex(id: Id): void {
  const index = state.idIndex;
  const mask = (1 << state.idIndexLog) - 1;
  let hole = id.hash & mask;
  while (load<Id>(index + ((<usize>hole) << pairLog), 4) !== id) hole = (hole + 1) & mask;
  let at = hole;
  for (;;) {
    at = (at + 1) & mask;
    const pair = index + ((<usize>at) << pairLog);
    if (load<usize>(pair, 4) === 0) break;
    const home = load<i32>(pair) & mask;
    // It may move up where its home is not between the hole and itself.
    if (((at - home) & mask) < ((at - hole) & mask)) continue;
    store<u64>(index + ((<usize>hole) << pairLog), load<u64>(pair));
    hole = at;
  }
  store<u64>(index + ((<usize>hole) << pairLog), 0);
}

function growIndex(grownLog: i32): void {
  const old = state.idIndex;
  const log = state.idIndexLog;
  const grown = takeRegion(grownLog + pairLog);
  memory.fill(grown, 0, 1 << (grownLog + pairLog));
  const mask = (1 << grownLog) - 1;
  const end = old + (1 << (log + pairLog));
  for (let pair = old; pair < end; pair += 1 << pairLog) {
    if (load<usize>(pair, 4) === 0) continue;
    let at = load<i32>(pair) & mask;
    while (load<usize>(grown + ((<usize>at) << pairLog), 4) !== 0) at = (at + 1) & mask;
    store<u64>(grown + ((<usize>at) << pairLog), load<u64>(pair));
  }
  releaseRegion(old, log + pairLog);
  state.idIndex = grown;
  state.idIndexLog = grownLog;
}
