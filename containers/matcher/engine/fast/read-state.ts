/**
 * The state as it leaves: orders and remembered ids, of which there may be millions, are hashed and written by the core; what is rare
 * or has texts goes as a record.
 */
import type { SnapshotRecord } from '../snapshot-record.ts';
import type { PartSink, StateReading } from '../state-reading.ts';
import { nobody } from './core-instance.ts';
import {
  accountRow,
  marketRow,
  orderRow,
  partCursorAt as partAt,
  partCursorRow,
} from './core-layout.ts';
import type { FastState } from './fast-state.ts';
import { beginHash, foldNext, hashSoFar } from './running-hash.ts';
import { memoryOf, type Rows, tradingOf } from './save.ts';

/** The core saves so many records before their bytes are taken: 84 KB. */
const recordsAtOnce = 500;
/** More than any of them takes (`mostRecordBytes` of the core). */
const recordBytes = 168;

/** Of a state that nobody changes meanwhile. Only a copy may be written into parts: they need room in its memory. `ended`: told when nobody reads on. */
export function readState(state: FastState, ended: () => void = () => {}): StateReading {
  const walk = new StateWalk(state);
  let isOver = false;
  const end = () => {
    if (!isOver) ended();
    isOver = true;
  };
  return {
    read(most, into) {
      const read = isOver ? 0 : walk.read(most, into);
      if (read === 0) end();
      return read;
    },
    stateHash: () => hashSoFar(state.core).digest(),
    end,
  };
}

class StateWalk {
  readonly #state: FastState;
  readonly #trading: Iterator<SnapshotRecord | Rows, void>;
  readonly #memory: Iterator<SnapshotRecord | Rows, void>;
  #rows: Rows | undefined;
  /** Of these the next. */
  #row = nobody;
  #part: PartSink | undefined;
  /** Where the core writes, in a part. */
  #bytesAt = 0;

  constructor(state: FastState) {
    this.#state = state;
    this.#trading = tradingOf(state);
    this.#memory = memoryOf(state);
    beginHash(state.core);
  }

  read(most: number, into: PartSink | undefined): number {
    if (into && into !== this.#part) this.#begin(into);
    let left = most;
    while (left > 0) {
      if (this.#rows && this.#row !== nobody) {
        left -= this.#saveRows(this.#rows, Math.min(left, recordsAtOnce), into);
        continue;
      }
      const next = this.#next(into);
      if (!next) break;
      if (next.kind === 'rows') {
        this.#rows = next;
        this.#row = next.first;
      } else {
        this.#save(next, into);
        left -= 1;
      }
    }
    return most - left;
  }

  /** What is remembered of the past is no part of the state's hash. */
  #next(into: PartSink | undefined): SnapshotRecord | Rows | undefined {
    const trading = this.#trading.next();
    if (!trading.done) return trading.value;
    return into ? this.#memory.next().value || undefined : undefined;
  }

  /** Lets the core save what it can; what it stops at is named or saved here. Answers how many records were saved. */
  #saveRows(rows: Rows, most: number, into: PartSink | undefined): number {
    const { core } = this.#state;
    core.setInt(partAt, partCursorRow.left, most);
    core.setInt(partAt, partCursorRow.at, into ? this.#bytesAt : 0);
    this.#row = rows.save(this.#row);
    into?.copy(core.bytes(this.#bytesAt, core.int(partAt, partCursorRow.at)));
    const saved = most - core.int(partAt, partCursorRow.left);
    if (this.#row === nobody || saved === most) return saved;
    if (into && rows.haveParties && this.#tellParties(into)) return saved;
    this.#save(rows.recordOf(this.#row), into);
    this.#row = rows.next(this.#row);
    return saved + 1;
  }

  #save(record: SnapshotRecord, into: PartSink | undefined): void {
    foldNext(this.#state.core, record);
    into?.append(record);
  }

  /** Nobody has a number in a new part. */
  #begin(part: PartSink): void {
    const { core, accountNames, markets } = this.#state;
    if (!this.#part) {
      this.#bytesAt = core.calls.takeRoom(recordsAtOnce * recordBytes);
      const [accountsAt, marketsAt] = [accountNames, markets].map(({ length }) =>
        core.calls.takeRoom(length * 4),
      );
      core.setInt(partAt, partCursorRow.accountNumbers, accountsAt as number);
      core.setInt(partAt, partCursorRow.marketNumbers, marketsAt as number);
    }
    this.#part = part;
    core.calls.beginPart(accountNames.length, markets.length);
  }

  /** Gives the order's market and account their numbers; false where both had one. */
  #tellParties(part: PartSink): boolean {
    const { core } = this.#state;
    const market = core.int(this.#row, orderRow.market);
    const account = core.int(this.#row, orderRow.account);
    const isTold = [
      this.#tell(part, { table: 'marketNumbers', index: core.int(market, marketRow.index) }),
      this.#tell(part, { table: 'accountNumbers', index: core.int(account, accountRow.index) }),
    ];
    return isTold.includes(true);
  }

  #tell(
    part: PartSink,
    { table, index }: { table: 'accountNumbers' | 'marketNumbers'; index: number },
  ): boolean {
    const { core, accountNames, markets } = this.#state;
    const numbers = core.int(partAt, partCursorRow[table]);
    if (core.int(numbers, index * 4) >= 0) return false;
    const name = table === 'accountNumbers' ? accountNames[index] : markets[index]?.id;
    core.setInt(numbers, index * 4, part.numberOf(name as string));
    return true;
  }
}
