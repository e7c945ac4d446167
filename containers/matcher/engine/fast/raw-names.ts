/**
 * What a command names, where the core reads it: an order's digest and account as they lie in its bytes, or those of a cancel and of its
 * order, read from texts.
 */
import type { CancelOrder } from '#domain/command.ts';
import { type RawOrder, rawOrderAt } from '#domain/raw-order.ts';
import { type CoreInstance, nobody } from './core-instance.ts';
import { namesAt, rawNamesBytes, rawNamesRow } from './core-layout.ts';

type CancelNames = Pick<CancelOrder, 'commandId' | 'account' | 'digest'>;

/** A row of `RawNames`, and where the names themselves lie. */
export type NamesPlace = { row: number; bytesAt: number };

/** Of the request that is filled again and again. */
export const requestNames: NamesPlace = { row: namesAt, bytesAt: namesAt + rawNamesBytes };

/** Digest and account lie behind each other, as in an order; behind them what else is named. */
const accountAt = rawOrderAt.account;
const orderWords = (rawOrderAt.account + 20) / 4;
const targetAt = orderWords * 4;
const digestLength = 66;
const addressLength = 42;
/** What the names of one command take. */
export const namesBytes = 96;

export function writeOrderNames(
  { bytes, at }: Pick<RawOrder, 'bytes' | 'at'>,
  core: CoreInstance,
  place: NamesPlace,
): void {
  const { ints } = core;
  const to = place.bytesAt >>> 2;
  // A word at a time: a view of so few would cost more than they do.
  for (let nth = 0; nth < orderWords; nth += 1) {
    const first = at + nth * 4;
    const low = (bytes[first] as number) | ((bytes[first + 1] as number) << 8);
    const high = ((bytes[first + 2] as number) << 16) | ((bytes[first + 3] as number) << 24);
    ints[to + nth] = low | high;
  }
  writePlace(core, place, nobody);
}

/** False where they are no digests and no address: such are found by their texts. */
export function writeCancelNames(
  { commandId, account, digest }: CancelNames,
  core: CoreInstance,
  place: NamesPlace,
): boolean {
  if (commandId.length !== digestLength || digest.length !== digestLength) return false;
  if (account.length !== addressLength) return false;
  writePlace(core, place, place.bytesAt + targetAt);
  core.writeCancelTexts(commandId + account + digest);
  return core.calls.readCancelTexts(place.row) === 1;
}

function writePlace(core: CoreInstance, { row, bytesAt }: NamesPlace, target: number): void {
  core.setInt(row, rawNamesRow.id, bytesAt + rawOrderAt.digest);
  core.setInt(row, rawNamesRow.account, bytesAt + accountAt);
  core.setInt(row, rawNamesRow.target, target);
}
