/** 32-bit words one behind the other, in room that is kept and doubled where it is too small. */
export class WordList {
  #words = new Int32Array(64);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  at(place: number): number {
    return this.#words[place] as number;
  }

  add(word: number): void {
    if (this.#length === this.#words.length) this.#grow(1);
    this.#words[this.#length] = word;
    this.#length += 1;
  }

  /** So many from a place on; a view of so few would cost more than they do. */
  addSome(words: Int32Array, from: number, count: number): void {
    if (this.#length + count > this.#words.length) this.#grow(count);
    const own = this.#words;
    const to = this.#length;
    for (let nth = 0; nth < count; nth += 1) own[to + nth] = words[from + nth] as number;
    this.#length = to + count;
  }

  /** A copy of all, in a memory of its own. */
  copy(): Int32Array {
    return this.#words.slice(0, this.#length);
  }

  clear(): void {
    this.#length = 0;
  }

  #grow(more: number): void {
    const old = this.#words;
    let length = old.length;
    while (length < this.#length + more) length *= 2;
    this.#words = new Int32Array(length);
    this.#words.set(old);
  }
}
