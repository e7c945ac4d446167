/**
 * Finds accounts by the 20 bytes of their addresses, as orders and the journal have them. The hash is keyed by the secret of the id
 * table, so that nobody can choose addresses that collide. Accounts stay for ever; names that are no addresses are TypeScript's to find.
 */
import { addressAt, noAccount, state } from './engine-state.ts';
import { step } from './id-table.ts';
import { releaseRegion, takeRegion } from './regions.ts';
import { Account } from './rows.ts';

/** An account's row, and its address behind it: half a cache line. */
const entryLog = 5;
const startLog = 6;
const addressBytes: usize = 20;

export function openAccountTable(): void {
  state.addressIndexLog = startLog;
  state.addressIndex = takeRegion(startLog + entryLog);
}

/** From now on the account is found by the address at `addressAt`, which was nobody's. */
export function enlistAddress(account: Account): void {
  state.addressCount += 1;
  // At most half full: a search looks at two places on average.
  if (state.addressCount << 1 > 1 << state.addressIndexLog) growIndex();
  const entry = entryOf(addressAt);
  store<Account>(entry, account);
  memory.copy(entry + 4, addressAt, addressBytes);
}

/** The account whose address begins there; nobody where it was never here. */
export function accountAt(address: usize): Account {
  return load<Account>(entryOf(address));
}

/** Where an address would stand if nobody stood in its way. */
export function homeOfAddress(address: usize): usize {
  const mask = (1 << state.addressIndexLog) - 1;
  return state.addressIndex + ((<usize>(hashOf(address) & mask)) << entryLog);
}

/** Whose address stands at a place of the table. */
export function accountOf(entry: usize): Account {
  return load<Account>(entry);
}

/** Where an address stands; where it is not known, a free place for it. */
function entryOf(address: usize): usize {
  const bytes = (<usize>1) << (state.addressIndexLog + entryLog);
  const end = state.addressIndex + bytes;
  let entry = homeOfAddress(address);
  while (accountOf(entry) !== noAccount && !isSame(entry + 4, address)) {
    entry += 1 << entryLog;
    if (entry === end) entry -= bytes;
  }
  return entry;
}

function isSame(one: usize, other: usize): bool {
  return (
    load<u64>(one) === load<u64>(other) &&
    load<u64>(one, 8) === load<u64>(other, 8) &&
    load<u32>(one, 16) === load<u32>(other, 16)
  );
}

function hashOf(address: usize): i32 {
  let hash = state.keyStart;
  hash = step(hash, load<i32>(address), state.keyA);
  hash = step(hash, load<i32>(address, 4), state.keyB);
  hash = step(hash, load<i32>(address, 8), state.keyC);
  hash = step(hash, load<i32>(address, 12), state.keyD);
  return step(hash, load<i32>(address, 16), state.keyE);
}

function growIndex(): void {
  const old = state.addressIndex;
  const oldLog = state.addressIndexLog + entryLog;
  state.addressIndexLog += 1;
  state.addressIndex = takeRegion(oldLog + 1);
  memory.fill(state.addressIndex, 0, 2 << oldLog);
  const end = old + ((<usize>1) << oldLog);
  for (let entry = old; entry < end; entry += 1 << entryLog) {
    if (accountOf(entry) !== noAccount) memory.copy(entryOf(entry + 4), entry, 1 << entryLog);
  }
  releaseRegion(old, oldLog);
}
