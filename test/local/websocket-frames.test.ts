/** What watching a client's frames promises. */
import { expect, test } from 'vitest';
import { watchFrames } from '../../local/websocket-frames.ts';

/** A masked client frame with a payload of `length` bytes. */
function frame(length: number): Buffer {
  const mask = [1, 2, 3, 4];
  const payload = Buffer.alloc(length, 0xff);
  if (length < 126) return Buffer.concat([Buffer.from([0x81, 0x80 | length, ...mask]), payload]);
  const head = Buffer.alloc(length < 65_536 ? 4 : 10);
  head[0] = 0x81;
  head[1] = 0x80 | (length < 65_536 ? 126 : 127);
  if (length < 65_536) head.writeUInt16BE(length, 2);
  else head.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([head, Buffer.from(mask), payload]);
}

function oversizes(bytes: Buffer, chunkBytes: number, maxBytes: number): number {
  let count = 0;
  const read = watchFrames(maxBytes, () => {
    count += 1;
  });
  for (let at = 0; at < bytes.length; at += chunkBytes) read(bytes.subarray(at, at + chunkBytes));
  return count;
}

test.each([1, 2, 3, 7, 1_000, 1_000_000])(
  'frames within the bound pass, however they are cut: %i bytes a chunk',
  (chunkBytes) => {
    const lengths = [0, 1, 125, 126, 300, 65_535, 65_536, 5];
    expect(oversizes(Buffer.concat(lengths.map(frame)), chunkBytes, 65_536)).toBe(0);
  },
);

test.each([1, 5, 1_000_000])(
  'a frame over the bound is seen once: %i bytes a chunk',
  (chunkBytes) => {
    const bytes = Buffer.concat([0, 126, 301, 301].map(frame));
    expect(oversizes(bytes, chunkBytes, 300)).toBe(1);
  },
);
