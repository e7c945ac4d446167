/**
 * Texts of the digests that were seen last, so that an order's is not written out for each of its events. A text is found by its
 * words, all of them, so that it can never be another's; what is not here any more is written anew.
 */
import { digestWords, writeDigest } from './name-words.ts';

/** 2^13 texts of 66 characters: more orders than a frame has. */
const places = 8_192;

export class DigestTexts {
  #words = new Int32Array(places * digestWords);
  #texts = new Array<string | undefined>(places).fill(undefined);

  /** The text of the 8 words from a place on. */
  textOf(words: Int32Array, from: number): string {
    const place = placeOf(words, from);
    const known = this.#texts[place];
    if (known !== undefined && this.#isSame(place, words, from)) return known;
    return this.note(writeDigest(words, from), words, from);
  }

  /** Takes a text that these words were read from. */
  note(text: string, words: Int32Array, from: number): string {
    const place = placeOf(words, from);
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
}

const placeOf = (words: Int32Array, from: number): number => (words[from] as number) & (places - 1);
