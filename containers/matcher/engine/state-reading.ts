/**
 * How a state leaves an engine, and how it enters another: as records, or as a snapshot's part, whose bytes hold the same records. An
 * engine may write and read the bytes of those that there are many of by itself (shared/wire/snapshot-part.ts).
 */
import type { LeadingEngine } from './engine.ts';
import { HashLanes } from './hash-lanes.ts';
import type { SnapshotRecord } from './snapshot-record.ts';
import { foldRecord } from './state-hash.ts';

/** A state of one moment, to be read in pieces while commands go on. */
export interface StateReading {
  /** Reads on, into a part where there is one, so many records at most; answers how many it was, 0 once nothing was left. */
  read(most: number, into?: PartSink): number;
  /** Hash of all that was read: once nothing was left, the state hash. */
  stateHash(): string;
  /** Whoever does not read to the end says so: the memory is the next one's. */
  end(): void;
}

/** A part that is being written. */
export interface PartSink {
  append(record: SnapshotRecord): void;
  /** By which number the part's records name somebody; it is told where it is new. */
  numberOf(name: string): number;
  /** Takes records as bytes, such as `append` makes of them. */
  copy(bytes: Uint8Array): void;
}

/** A part that is being read. */
export interface PartSource {
  readonly bytes: Uint8Array;
  /** Where the next record begins: whoever reads bytes by itself moves it. */
  at: number;
  /** Those that the part has told so far, by number. */
  readonly names: readonly string[];
  /** Reads what comes next; undefined where that is no record of an engine. Throws RangeError where it is nothing at all. */
  next(): SnapshotRecord | undefined;
}

/** Takes a snapshot's parts, in their order. */
export interface EngineReader {
  take(part: PartSource): void;
  /** An engine that goes on where the one was that the parts were saved from, and the state hash of what was read. */
  done(): { engine: LeadingEngine; stateHash: string };
}

/** The reading of records that are there already. */
export function readingOf(records: Iterator<SnapshotRecord, void>): StateReading {
  const hash = new HashLanes();
  return {
    read(most, into) {
      for (let read = 0; read < most; read += 1) {
        const next = records.next();
        if (next.done) return read;
        foldRecord(hash, next.value);
        into?.append(next.value);
      }
      return most;
    },
    stateHash: () => hash.digest(),
    end: () => {},
  };
}
