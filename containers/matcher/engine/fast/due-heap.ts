/** Handles by the time at which they are due, the earliest on top: a heap of four children a node that knows where each handle is. */
import { grownFloats, grownInts } from './grown.ts';
import { none } from './order-table.ts';

export class DueHeap {
  #times = new Float64Array(256);
  #handles = new Int32Array(256);
  /** By handle: its place + 1; 0 where it is not in. */
  #places = new Int32Array(256);
  #count = 0;
  /** Orders handles that are due at one time; asked for few. */
  readonly #isBefore: (one: number, other: number) => boolean;

  constructor(isBefore: (one: number, other: number) => boolean) {
    this.#isBefore = isBefore;
  }

  /** When the next is due; infinite where none is. */
  get firstMs(): number {
    return this.#count === 0 ? Number.POSITIVE_INFINITY : (this.#times[0] as number);
  }

  /** The handle that is due next; `none` where there is none. */
  get first(): number {
    return this.#count === 0 ? none : (this.#handles[0] as number);
  }

  timeOf(handle: number): number {
    const at = handle < this.#places.length ? (this.#places[handle] as number) - 1 : none;
    return at < 0 ? 0 : (this.#times[at] as number);
  }

  add(handle: number, dueMs: number): void {
    if (this.#count === this.#times.length) {
      this.#times = grownFloats(this.#times, this.#count * 2);
      this.#handles = grownInts(this.#handles, this.#count * 2);
    }
    while (handle >= this.#places.length) {
      this.#places = grownInts(this.#places, this.#places.length * 2);
    }
    this.#count += 1;
    this.#rise(this.#count - 1, handle, dueMs);
  }

  remove(handle: number): void {
    const at = handle < this.#places.length ? (this.#places[handle] as number) - 1 : none;
    if (at < 0) return;
    this.#places[handle] = 0;
    this.#count -= 1;
    const last = this.#count;
    if (at === last) return;
    const moved = this.#handles[last] as number;
    const time = this.#times[last] as number;
    if (this.#sink(at, moved, time) === at) this.#rise(at, moved, time);
  }

  copy(): DueHeap {
    const copy = new DueHeap(this.#isBefore);
    copy.#times = this.#times.slice(0, this.#count);
    copy.#handles = this.#handles.slice(0, this.#count);
    copy.#places = this.#places.slice();
    copy.#count = this.#count;
    return copy;
  }

  /** Moves a handle from a hole upwards to its place. */
  #rise(from: number, handle: number, time: number): void {
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 2;
      const parentTime = this.#times[parent] as number;
      if (time > parentTime) break;
      const parentHandle = this.#handles[parent] as number;
      if (time === parentTime && !this.#isBefore(handle, parentHandle)) break;
      this.#put(at, parentHandle, parentTime);
      at = parent;
    }
    this.#put(at, handle, time);
  }

  /** Moves a handle from a hole downwards to its place; answers which. */
  #sink(from: number, handle: number, time: number): number {
    const count = this.#count;
    let at = from;
    for (;;) {
      const child = this.#leastOf(at * 4 + 1, Math.min(at * 4 + 5, count));
      if (child === none) break;
      const childTime = this.#times[child] as number;
      if (time < childTime) break;
      const childHandle = this.#handles[child] as number;
      if (time === childTime && this.#isBefore(handle, childHandle)) break;
      this.#put(at, childHandle, childTime);
      at = child;
    }
    this.#put(at, handle, time);
    return at;
  }

  #leastOf(from: number, until: number): number {
    if (from >= until) return none;
    let least = from;
    for (let at = from + 1; at < until; at += 1) {
      const time = this.#times[at] as number;
      const leastTime = this.#times[least] as number;
      if (time > leastTime) continue;
      const isLess =
        time < leastTime ||
        this.#isBefore(this.#handles[at] as number, this.#handles[least] as number);
      if (isLess) least = at;
    }
    return least;
  }

  #put(at: number, handle: number, time: number): void {
    this.#times[at] = time;
    this.#handles[at] = handle;
    this.#places[handle] = at + 1;
  }
}
