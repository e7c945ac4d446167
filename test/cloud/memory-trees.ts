/** A bucket in memory for trees of liabilities, which counts what is read. */
import type { LiabilityBucket } from '#cloud/liability-tree.ts';
import { MemoryBucket } from './memory-bucket.ts';

export class MemoryTrees extends MemoryBucket implements LiabilityBucket {
  reads = 0;
  readBytes = 0;

  async range(key: string, from: number, count: number): Promise<Uint8Array> {
    const bytes = (await this.get(key)).subarray(from, from + count);
    this.reads += 1;
    this.readBytes += bytes.length;
    return bytes;
  }
}
