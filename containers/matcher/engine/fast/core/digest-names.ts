/** The two words that event hashes know a digest by, as ../../name-words.ts says: all its words count, each with multipliers of its own. */
import { Id } from './rows.ts';

export function leftOfDigest(id: Id): i32 {
  const first = low(id.digestA) * 0x428a2f99 + high(id.digestA) * 0x71374491;
  const second = low(id.digestB) * 0xb5c0fbcf + high(id.digestB) * 0xe9b5dba5;
  const third = low(id.digestC) * 0x3956c25b + high(id.digestC) * 0x59f111f1;
  const fourth = low(id.digestD) * 0x923f82a5 + high(id.digestD) * 0xab1c5ed5;
  return 0x3c6ef372 + first + second + third + fourth;
}

export function rightOfDigest(id: Id): i32 {
  const first = low(id.digestA) * 0xd807aa99 + high(id.digestA) * 0x12835b01;
  const second = low(id.digestB) * 0x243185bf + high(id.digestB) * 0x550c7dc3;
  const third = low(id.digestC) * 0x72be5d75 + high(id.digestC) * 0x80deb1ff;
  const fourth = low(id.digestD) * 0x9bdc06a7 + high(id.digestD) * 0xc19bf175;
  return 0x510e527f + first + second + third + fourth;
}

function low(words: u64): i32 {
  return <i32>words;
}

function high(words: u64): i32 {
  return <i32>(words >> 32);
}
