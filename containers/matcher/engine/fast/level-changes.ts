/** Which price levels changed since somebody last asked. A level is noted once as long as it lives; one that came again is found at the end. */
import { grownInts } from './grown.ts';

/** So many notes are made unique at once, where nobody asks. */
const tidyAbove = 65_536;

export class LevelChanges {
  /** Pairs of a side (market × 2, + 1 for asks) and a price. */
  #notes = new Int32Array(512);
  #count = 0;
  #tidyAbove = tidyAbove;

  note(side: number, ticks: number): void {
    if (this.#count * 2 === this.#notes.length) {
      if (this.#count >= this.#tidyAbove) this.#tidy();
      if (this.#count * 2 === this.#notes.length) {
        this.#notes = grownInts(this.#notes, this.#notes.length * 2);
      }
    }
    this.#notes[this.#count * 2] = side;
    this.#notes[this.#count * 2 + 1] = ticks;
    this.#count += 1;
  }

  /** Gives each side and price once, oldest note first, and forgets them. */
  take(give: (side: number, ticks: number) => void): void {
    this.#tidy();
    const count = this.#count;
    this.#count = 0;
    for (let at = 0; at < count; at += 1) {
      give(this.#notes[at * 2] as number, this.#notes[at * 2 + 1] as number);
    }
  }

  #tidy(): void {
    const seen = new Set<number>();
    let kept = 0;
    for (let at = 0; at < this.#count; at += 1) {
      const side = this.#notes[at * 2] as number;
      const ticks = this.#notes[at * 2 + 1] as number;
      const key = side * 2 ** 31 + ticks;
      if (seen.has(key)) continue;
      seen.add(key);
      this.#notes[kept * 2] = side;
      this.#notes[kept * 2 + 1] = ticks;
      kept += 1;
    }
    this.#count = kept;
    this.#tidyAbove = Math.max(tidyAbove, kept * 2);
  }
}
