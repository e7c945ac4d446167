/** S3 in memory: whole objects, listed in the order of their keys. How calls get there is the calling process's affair. */
import type { Bucket } from '#cloud/archive-store.ts';
import type { SimulatedProcess } from './simulated-process.ts';

export class SimulatedBucket {
  readonly objects = new Map<string, Uint8Array>();

  reachedBy(process: SimulatedProcess): Bucket {
    const call = <T>(run: () => T) => process.call({ to: 'bucket', run, throttled: slowDown });
    return {
      list: (prefix, after) => call(() => this.#list(prefix, after)),
      get: (key) => call(() => this.#get(key)),
      put: (key, bytes) => call(() => void this.objects.set(key, bytes.slice())),
    };
  }

  #list(prefix: string, after: string) {
    const isWanted = (key: string) => key.startsWith(prefix) && key > after;
    const keys = [...this.objects.keys()].filter(isWanted).sort();
    // Few a page, so that pages are turned.
    return { keys: keys.slice(0, 20), isTruncated: keys.length > 20 };
  }

  #get(key: string): Uint8Array {
    const bytes = this.objects.get(key);
    if (bytes) return bytes.slice();
    const error = new Error(`there is no ${key}`);
    error.name = 'NoSuchKey';
    throw error;
  }
}

function slowDown(): Error {
  const error = new Error('too many requests');
  error.name = 'SlowDown';
  return error;
}
