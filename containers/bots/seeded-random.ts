/** Random numbers that repeat with their seed, so that a bot's day can be played again. */
import { getBytes, keccak256, toUtf8Bytes } from 'ethers';

export type Random = () => number;

/** Numbers in [0, 1) by sfc32 (Chris Doty-Humphrey's PractRand), seeded by a hash of the text. */
export function seededRandom(seed: string): Random {
  const words = new Uint32Array(getBytes(keccak256(toUtf8Bytes(seed))).buffer);
  let [a = 0, b = 0, c = 0, counter = 1] = words;
  return () => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return (sum >>> 0) / 2 ** 32;
  };
}

/** A standard normal number (Box and Muller, 1958). */
export function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
