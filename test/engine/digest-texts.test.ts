/** What is remembered of digests' texts, in rooms of both sizes. */
import { expect, test } from 'vitest';
import { DigestTexts } from '../../containers/matcher/engine/digest-texts.ts';
import { digestWords, readDigest } from '../../containers/matcher/engine/name-words.ts';

/** They differ in their first word, which says where a text is kept. */
const digest = (number: number): string =>
  `0x${number.toString(16).padStart(8, '0')}${'0'.repeat(56)}`;

test.each([1, 200, 20_000])('each of %i digests keeps its own text', (count) => {
  const texts = new DigestTexts();
  const words = new Int32Array(digestWords);
  const noted = Array.from({ length: count }, (_, number) => digest(number));
  for (const text of noted) {
    readDigest(text, words);
    expect(texts.note(text, words, 0)).toBe(text);
  }
  const kept = noted.map((text) => {
    readDigest(text, words);
    return texts.textOf(words, 0);
  });
  expect(kept).toEqual(noted);
});
