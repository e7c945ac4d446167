/** Fills an empty state from a snapshot's parts: the core reads orders and remembered ids from their bytes, the rest comes as records. */
import { assert } from '#domain/assertion.ts';
import type { SnapshotRecord } from '../snapshot-record.ts';
import type { PartSource } from '../state-reading.ts';
import { nobody } from './core-instance.ts';
import { partCursorAt as partAt, partCursorRow } from './core-layout.ts';
import type { FastState } from './fast-state.ts';
import { finishRestore, restoreRecord } from './restore.ts';
import { beginHash, foldNext, hashSoFar } from './running-hash.ts';

type PartReader = { take(part: PartSource): void; done(): { stateHash: string } };

export function readParts(state: FastState): PartReader {
  const { core } = state;
  let hasClock = false;
  beginHash(core);
  return {
    take(part) {
      const room = takeRoom(state, part.bytes);
      const { names, accounts, markets } = partCursorRow;
      core.setInt(partAt, names, 0);
      core.setInt(partAt, accounts, room.accounts.at);
      core.setInt(partAt, markets, room.markets.at);
      readPart(state, part, room.bytes.at, (record) => {
        foldNext(core, record);
        restoreRecord(state, record);
        hasClock ||= record.kind === 'clock';
      });
      for (const { at, log } of Object.values(room)) core.calls.releaseRegion(at, log);
    },
    done() {
      finishRestore(state, hasClock);
      return { stateHash: hashSoFar(core).digest() };
    },
  };
}

function readPart(
  state: FastState,
  part: PartSource,
  bytesAt: number,
  take: (record: SnapshotRecord) => void,
): void {
  const { core } = state;
  const end = part.bytes.length;
  core.setInt(partAt, partCursorRow.end, bytesAt + end);
  while (part.at < end) {
    core.setInt(partAt, partCursorRow.at, bytesAt + part.at);
    core.calls.readPart();
    part.at = (core.int(partAt, partCursorRow.at) - bytesAt) | 0;
    if (part.at === end || findWanted(state, part)) continue;
    const record = part.next();
    if (record) take(record);
    noteNames(state, part);
  }
}

/** Shows the core the row of a name that it came upon; false where it asks for none. */
function findWanted(state: FastState, part: PartSource): boolean {
  const { core } = state;
  const account = core.int(partAt, partCursorRow.wantedAccount);
  const market = core.int(partAt, partCursorRow.wantedMarket);
  if (market >= 0) {
    const listed = state.market(part.names[market] as string);
    assert(listed, 'an order of no market');
    core.setInt(core.int(partAt, partCursorRow.markets), market * 4, listed.row);
    return true;
  }
  if (account < 0) return false;
  const row = state.accountFor(part.names[account] as string);
  core.setInt(core.int(partAt, partCursorRow.accounts), account * 4, row);
  return true;
}

/** Names that were told since have no rows yet. */
function noteNames({ core }: FastState, part: PartSource): void {
  const accounts = core.int(partAt, partCursorRow.accounts);
  const markets = core.int(partAt, partCursorRow.markets);
  for (let nth = core.int(partAt, partCursorRow.names); nth < part.names.length; nth += 1) {
    core.setInt(accounts, nth * 4, nobody);
    core.setInt(markets, nth * 4, nobody);
  }
  core.setInt(partAt, partCursorRow.names, part.names.length);
}

type Region = { at: number; log: number };

/** For a part's bytes and the rows of its names, of which there are fewer than words in it. */
function takeRoom(
  { core }: FastState,
  bytes: Uint8Array,
): { bytes: Region; accounts: Region; markets: Region } {
  const log = Math.max(12, Math.ceil(Math.log2(bytes.length)));
  const region = () => ({ at: core.calls.takeRegion(log), log });
  const room = { bytes: region(), accounts: region(), markets: region() };
  core.bytes(room.bytes.at, room.bytes.at + bytes.length).set(bytes);
  return room;
}
