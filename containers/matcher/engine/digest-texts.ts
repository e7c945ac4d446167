/**
 * Texts of the digests that were seen last, so that an order's is not written out for each of its events. A text is found by its
 * words, all of them, so that it can never be another's; what is not here any more is written anew.
 */
import { digestWords, writeDigest } from './name-words.ts';

/** 2^13 texts of 66 characters: more orders than a frame has. An engine of few orders has less room for them. */
const [fewestPlaces, mostPlaces] = [256, 8_192];

export class DigestTexts {
  #places = fewestPlaces;
  #words = new Int32Array(fewestPlaces * digestWords);
  #texts = new Array<string | undefined>(fewestPlaces).fill(undefined);
  #taken = 0;

  /** The text of the 8 words from a place on. */
  textOf(words: Int32Array, from: number): string {
    const place = this.#placeOf(words, from);
    const known = this.#texts[place];
    if (known !== undefined && this.#isSame(place, words, from)) return known;
    return this.note(writeDigest(words, from), words, from);
  }

  /** Takes a text that these words were read from. */
  note(text: string, words: Int32Array, from: number): string {
    if (2 * this.#taken > this.#places && this.#places < mostPlaces) this.#grow();
    const place = this.#placeOf(words, from);
    if (this.#texts[place] === undefined) this.#taken += 1;
    this.#texts[place] = text;
    for (let at = 0; at < digestWords; at += 1)
      this.#words[place * digestWords + at] = words[from + at] as number;
    return text;
  }

  #isSame(place: number, words: Int32Array, from: number): boolean {
    for (let at = 0; at < digestWords; at += 1)
      if (this.#words[place * digestWords + at] !== words[from + at]) return false;
    return true;
  }

  #placeOf(words: Int32Array, from: number): number {
    return (words[from] as number) & (this.#places - 1);
  }

  /** To the most at once: whoever fills the fewest will need it. What it held is written anew where it is needed. */
  #grow(): void {
    this.#places = mostPlaces;
    this.#words = new Int32Array(mostPlaces * digestWords);
    this.#texts = new Array<string | undefined>(mostPlaces).fill(undefined);
  }
}
