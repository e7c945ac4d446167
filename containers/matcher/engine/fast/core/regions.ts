/** Memory that tables grow in: regions of a power of two of bytes. One that was outgrown is kept for the next that needs its size. */
import { freeRegionsAt, state } from './engine-state.ts';

const pageLog = 16;
/** The engine's memory doubles until here, then grows by as much: pages that nobody touched cost nothing. */
const mostToGrow: usize = 64 << 20;

/** Zeros where it was never used; what comes of one used before, its taker overwrites. */
export function takeRegion(log: i32): usize {
  const list = freeRegionsAt + ((<usize>log) << 2);
  const kept = load<usize>(list);
  if (kept !== 0) {
    store<usize>(list, load<usize>(kept));
    return kept;
  }
  return takeRoom(1 << log);
}

export function releaseRegion(at: usize, log: i32): void {
  const list = freeRegionsAt + ((<usize>log) << 2);
  store<usize>(at, load<usize>(list));
  store<usize>(list, at);
}

/** Room that is never given back, at the start of a pair of cache lines: processors fetch those together. */
export function takeRoom(bytes: usize): usize {
  const at = (state.memoryEnd + 127) & ~127;
  const end = <u64>at + <u64>bytes;
  const size = (<u64>memory.size()) << pageLog;
  if (end > size) {
    const least = end - size;
    const wanted = max<u64>(least, min<u64>(size, mostToGrow));
    const pages = <i32>((wanted + 0xffff) >> pageLog);
    if (memory.grow(pages) < 0) {
      assert(memory.grow(<i32>((least + 0xffff) >> pageLog)) >= 0, 'the engine has no memory left');
    }
  }
  state.memoryEnd = <usize>end;
  return at;
}

/** A region of twice the size with the same content at its start; the old one is kept for others. */
export function grownRegion(at: usize, log: i32): usize {
  const grown = takeRegion(log + 1);
  memory.copy(grown, at, 1 << log);
  releaseRegion(at, log);
  return grown;
}
