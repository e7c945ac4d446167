/** A bucket in memory that lists as S3 does, and may break at a chosen call: before it is done, or after. */
import type { Bucket } from '#cloud/archive-store.ts';

export class MemoryBucket implements Bucket {
  readonly objects = new Map<string, Uint8Array>();
  /** Keys of a listing; S3 gives 1,000. */
  pageSize = 1_000;
  calls = 0;
  lists = 0;
  /** The number of the call at which the caller's process dies, and whether S3 did what was asked. */
  death: { call: number; isDone: boolean } | undefined;

  async list(prefix: string, after: string) {
    return this.#call(() => {
      this.lists += 1;
      const keys = [...this.objects.keys()]
        .filter((key) => key.startsWith(prefix) && key > after)
        .sort();
      return {
        keys: keys.slice(0, this.pageSize),
        isTruncated: keys.length > this.pageSize,
      };
    });
  }

  async get(key: string): Promise<Uint8Array> {
    return this.#call(() => {
      const bytes = this.objects.get(key);
      if (!bytes) throw Object.assign(new Error(`${key} is not there`), { name: 'NoSuchKey' });
      return bytes.slice();
    });
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    return this.#call(() => void this.objects.set(key, bytes.slice()));
  }

  async #call<T>(doing: () => T): Promise<T> {
    this.calls += 1;
    // Whoever waits for it does so across a turn, as with a network.
    await Promise.resolve();
    if (this.death?.call !== this.calls) return doing();
    if (this.death.isDone) doing();
    throw new Died();
  }
}

export class Died extends Error {}
