/** Rows of one kind: free ones form a chain through their first word; where none is free, the next is of a chunk. Rows never move. */
import { poolsAt } from './engine-state.ts';
import { takeRoom } from './regions.ts';
import { touch } from './touch.ts';

@unmanaged
export class RowPool {
  free: usize;
  /** What is left of the newest chunk. */
  next: usize;
  end: usize;
  rowBytes: usize;
  /** Rows that will be free: the newest, which begins their chain, and the oldest. */
  retired: usize;
  lastRetired: usize;
}

const chunkBytes: usize = 1 << 16;

export const orderPool: RowPool = changetype<RowPool>(poolsAt);
export const idPool: RowPool = changetype<RowPool>(poolsAt + 32);
export const levelPool: RowPool = changetype<RowPool>(poolsAt + 64);
export const pagePool: RowPool = changetype<RowPool>(poolsAt + 96);
export const accountPool: RowPool = changetype<RowPool>(poolsAt + 128);
export const linePool: RowPool = changetype<RowPool>(poolsAt + 160);
/** Rows of 64 bytes or fewer that are few: client ids, what few orders have, work. */
export const smallPool: RowPool = changetype<RowPool>(poolsAt + 192);

/** What is kept of orders that ended. */
export const endedPool: RowPool = changetype<RowPool>(poolsAt + 224);

export const pastPool: RowPool = changetype<RowPool>(poolsAt + 256);

export function openPools(): void {
  orderPool.rowBytes = 128;
  idPool.rowBytes = 64;
  levelPool.rowBytes = 64;
  pagePool.rowBytes = 320;
  accountPool.rowBytes = 128;
  linePool.rowBytes = 32;
  smallPool.rowBytes = 64;
  endedPool.rowBytes = 88;
  pastPool.rowBytes = 32;
}

/** What stands in it is of whoever had it before. */
export function takeRow(pool: RowPool): usize {
  const free = pool.free;
  if (free !== 0) {
    pool.free = load<usize>(free);
    return free;
  }
  const rowBytes = pool.rowBytes;
  let row = pool.next;
  if (row + rowBytes > pool.end) row = extend(pool, chunkBytes);
  pool.next = row + rowBytes;
  return row;
}

export function releaseRow(pool: RowPool, row: usize): void {
  store<usize>(row, pool.free);
  pool.free = row;
}

/** Has the rows fetched that are taken next, so many of them: nobody had them before, and who writes to memory that is far waits for it. */
export function readNextRows(pool: RowPool, count: i32): void {
  if (pool.free !== 0) return;
  const end = min(pool.end, pool.next + <usize>count * pool.rowBytes);
  for (let at = pool.next; at < end; at += 64) touch<RowPool>(changetype<RowPool>(at), 0);
}

/** Frees a row, but not before `releaseRetired`: somebody may still read it, all but its first word. */
export function retireRow(pool: RowPool, row: usize): void {
  const before = pool.retired;
  store<usize>(row, before);
  pool.retired = row;
  pool.lastRetired = select<usize>(row, pool.lastRetired, before === 0);
}

export function releaseRetired(pool: RowPool): void {
  if (pool.retired === 0) return;
  store<usize>(pool.lastRetired, pool.free);
  pool.free = pool.retired;
  pool.retired = 0;
}

/** Makes room for so many rows, in memory that was written: the first touch of a page costs more than an order. */
export function reserveRows(pool: RowPool, count: i32): void {
  const bytes = <usize>count * pool.rowBytes;
  memory.fill(extend(pool, bytes), 0, bytes);
}

/** Answers where the pool's new chunk begins. */
function extend(pool: RowPool, bytes: usize): usize {
  const chunk = takeRoom(bytes);
  pool.next = chunk;
  pool.end = chunk + bytes;
  return chunk;
}
