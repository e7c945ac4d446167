/**
 * Reads a frame's commands for who does them again: placements and cancels raw, without their signatures, all others as they are.
 * It reads the bytes of command-codec.ts field by field; a test holds one to the other.
 */
import type { CancelOrder, Command } from '#domain/command.ts';
import type { RawCancel, RawCommand, RawPlace } from '#domain/raw-command.ts';
import { ByteReader } from './byte-reader.ts';
import { memberAt } from './closed-list.ts';
import {
  capNames,
  command,
  commandTags,
  misfitNames,
  orderTypeNames,
  selfTradeNames,
  sideNames,
  timeInForceNames,
} from './command-codec.ts';
import { toHex } from './hex-digits.ts';
import type { FrameBytes } from './journal-frame.ts';

const digestBytes = 32;
const addressBytes = 20;
const signatureBytes = 65;

/** So many are read at a time. */
const mostInRun = 16;

export class RawCommands {
  readonly #bytes: Uint8Array;
  readonly #from: ByteReader;
  // Filled again and again.
  readonly #places: RawPlace[] = [];
  readonly #cancels: RawCancel[] = [];
  #left: number;

  constructor({ commands: bytes, count, atMs }: Pick<FrameBytes, 'commands' | 'count' | 'atMs'>) {
    this.#bytes = bytes;
    this.#from = new ByteReader(bytes);
    this.#from.baseMs = atMs;
    this.#left = count;
    this.#checkEnd();
  }

  /** How many are still to be read. */
  get left(): number {
    return this.#left;
  }

  /** The placements and cancels that come next, some at most; they are the caller's until the next run. Throws where bytes are no command. */
  run(): RawCommand[] {
    const run: RawCommand[] = [];
    while (run.length < mostInRun && this.#left > 0) {
      const tag = this.#from.peek();
      if (tag === commandTags.place) run.push(this.#readPlace(run.length));
      else if (tag === commandTags.cancel) run.push(this.#readCancel(run.length));
      else break;
      this.#left -= 1;
    }
    this.#checkEnd();
    return run;
  }

  /** The next command, where it is none of a run. */
  other(): Command | undefined {
    const tag = this.#from.peek();
    if (this.#left === 0 || tag === commandTags.place || tag === commandTags.cancel)
      return undefined;
    this.#left -= 1;
    const other = command.read(this.#from);
    this.#checkEnd();
    return other;
  }

  #checkEnd(): void {
    if (this.#left === 0 && this.#from.left > 0) throw new RangeError('the count is off');
  }

  #readCancel(nth: number): RawCancel {
    const from = this.#from;
    this.#cancels[nth] ??= emptyCancel(this.#bytes);
    const into = this.#cancels[nth];
    from.pass(1);
    into.idAt = from.hexAt(digestBytes);
    into.nowMs = this.#timeMs();
    into.accountAt = from.hexAt(addressBytes);
    into.digestAt = from.hexAt(digestBytes);
    return into;
  }

  #readPlace(nth: number): RawPlace {
    const from = this.#from;
    this.#places[nth] ??= emptyPlace(this.#bytes);
    const into = this.#places[nth];
    from.pass(1);
    into.idAt = from.hexAt(digestBytes);
    into.nowMs = this.#timeMs();
    into.accountAt = from.hexAt(addressBytes);
    into.marketId = from.text();
    into.side = memberAt(sideNames, from.byte());
    into.orderType = memberAt(orderTypeNames, from.byte());
    into.timeInForce = memberAt(timeInForceNames, from.byte());
    into.postOnly = from.byte() === 1;
    into.selfTrade = memberAt(selfTradeNames, from.byte());
    into.cap = memberAt(capNames, from.byte());
    this.#readAmounts(into.amounts);
    into.maxFeeBps = from.uint();
    into.createdAtMs = this.#timeMs();
    into.expiresAtMs = from.uint();
    into.clientOrderId = from.byte() === 1 ? from.text() : undefined;
    into.replacesAt = from.byte() === 1 ? from.hexAt(digestBytes) : undefined;
    this.#passSigned();
    return into;
  }

  #readAmounts(into: RawPlace['amounts']): void {
    const from = this.#from;
    into.limitTicks = from.uint();
    into.sizeLots = from.uint();
    into.spendUnits = from.uint();
    into.triggerTicks = from.uint();
    into.displayLots = from.uint();
    into.misfit = from.byte() === 1 ? memberAt(misfitNames, from.byte()) : undefined;
  }

  /** What was signed, and the signature: later commands may mention its texts. */
  #passSigned(): void {
    const from = this.#from;
    // Account and signer, assets, side and cap, amounts, fee, times, epoch and salt, terms.
    from.hexAt(addressBytes);
    from.hexAt(addressBytes);
    from.text();
    from.text();
    from.pass(2);
    from.pass(from.uint());
    from.pass(from.uint());
    from.uint();
    from.uint();
    from.uint();
    from.pass(from.uint());
    from.pass(from.uint());
    from.text();
    from.pass(signatureBytes);
  }

  #timeMs(): number {
    return this.#from.int() + this.#from.baseMs;
  }
}

/** A raw cancel as it was. */
export function cancelOf({ bytes, nowMs, idAt, accountAt, digestAt }: RawCancel): CancelOrder {
  const digest = (at: number) => toHex(bytes.subarray(at, at + digestBytes));
  const account = toHex(bytes.subarray(accountAt, accountAt + addressBytes));
  return {
    ...{ type: 'cancel', commandId: digest(idAt), nowMs, account },
    digest: digest(digestAt),
  };
}

const emptyCancel = (bytes: Uint8Array): RawCancel => ({
  type: 'raw_cancel',
  bytes,
  nowMs: 0,
  idAt: 0,
  accountAt: 0,
  digestAt: 0,
});

const emptyPlace = (bytes: Uint8Array): RawPlace => ({
  type: 'raw_place',
  bytes,
  idAt: 0,
  accountAt: 0,
  nowMs: 0,
  marketId: '',
  side: 'buy',
  orderType: 'limit',
  timeInForce: 'gtc',
  postOnly: false,
  selfTrade: 'expire_taker',
  cap: 'base',
  amounts: {
    limitTicks: 0,
    sizeLots: 0,
    spendUnits: 0,
    triggerTicks: 0,
    displayLots: 0,
    misfit: undefined,
  },
  maxFeeBps: 0,
  createdAtMs: 0,
  expiresAtMs: 0,
  clientOrderId: undefined,
  replacesAt: undefined,
});
