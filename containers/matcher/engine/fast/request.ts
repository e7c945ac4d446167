/** A command as the engine works with it: handles for names, words for digests. One request is filled again and again. */
import type { Command } from '#domain/command.ts';
import { digestWords } from '../name-words.ts';
import { none } from './order-table.ts';

/** What a request asks for; all that is rare stays a command. */
export const kind = { place: 0, cancel: 1, other: 2 } as const;

/** What did not fit when the amounts were converted. */
export const misfits = ['none', 'price_off_tick', 'size_off_lot', 'notional_too_large'] as const;

export class Request {
  kind: number = kind.other;
  nowMs = 0;
  commandId = '';
  /** Of the command's id, where it is a digest. */
  isDigest = false;
  readonly words = new Int32Array(digestWords);
  /** Where that digest belongs in the table of ids. */
  hash = 0;
  /** The two words that event hashes know the id by. */
  nameLeft = 0;
  nameRight = 0;
  /** `none` where nobody of that name was ever here. */
  account: number = none;
  accountName = '';
  market: number = none;
  /** See order-traits.ts. */
  traits = 0;
  isByMoney = false;
  /** Index into `misfits`. */
  misfit = 0;
  limitTicks = 0;
  triggerTicks = 0;
  sizeLots = 0;
  displayLots = 0;
  spendUnits = 0;
  maxFeeBps = 0;
  createdAtMs = 0;
  expiresAtMs = 0;
  clientOrderId: string | undefined = undefined;
  /** Of the order to cancel or to replace. */
  hasTarget = false;
  target = '';
  isTargetDigest = false;
  readonly targetWords = new Int32Array(digestWords);
  targetHash = 0;
  command: Command | undefined = undefined;
}
