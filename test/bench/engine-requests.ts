/**
 * A flow's timed operations as numbers and bytes, as a journal's frame has them, and the core's requests of them. With objects and texts
 * in their place, reading those would push the book out of the caches before each batch, and that is what would be measured.
 */
import { assert } from '#domain/assertion.ts';
import {
  requestRow as at,
  rawNamesBytes,
  rawNamesRow,
  requestBytes,
} from '../../containers/matcher/engine/fast/core-layout.ts';
import type { FastState } from '../../containers/matcher/engine/fast/fast-state.ts';
import { packTraits } from '../../containers/matcher/engine/fast/order-traits.ts';
import { requestKinds } from '../../containers/matcher/engine/fast/request.ts';
import { commandsRepeated } from '../../containers/matcher/engine/limits.ts';
import type { Flow, Operation } from './engine-flow.ts';

/** How the commands of a flow are made: the same for who takes them as objects. */
export type Commands = {
  /** The 8 words of an order's digest, by its id; and of the command's that is the nth of a flow. */
  digestOf: (id: number) => number[];
  commandOf: (nth: number) => number[];
  /** The number that an operation's account has as address. */
  accountOf: (operation: Operation) => number;
  nowMsOf: (nth: number) => number;
  lifeMs: number;
  maxFeeBps: number;
  marketName: (market: number) => string;
};

/** What commands name: an id, an account, and another order where there is one. */
const accountAt = 32;
const targetAt = 52;
const namesBytes = 84;
const placeKind = requestKinds.indexOf('place');
const cancelKind = requestKinds.indexOf('cancel');
/** Of each operation: its kind, traits, limit, size and market, and whether it names another order. */
const numbers = 6;
/** As far as most requests go: two cache lines. */
const requestWords = 32;

export class FlowRequests {
  readonly #state: FastState;
  readonly #commands: Commands;
  readonly #numbers: Int32Array;
  readonly #names: Uint8Array;
  readonly #markets: number[];
  readonly #rows: number;
  readonly #namesAt: number;
  readonly #bytesAt: number;

  /** Makes room for so many requests; the flow's markets are listed. */
  constructor(state: FastState, flow: Flow, commands: Commands, most: number) {
    const { calls } = state.core;
    this.#state = state;
    this.#commands = commands;
    this.#numbers = new Int32Array(flow.timed.length * numbers);
    this.#names = new Uint8Array(flow.timed.length * namesBytes);
    for (const [nth, operation] of flow.timed.entries()) this.#encode(operation, nth);
    this.#markets = Array.from({ length: flow.markets }, (_, market) => {
      const listed = state.market(commands.marketName(market));
      assert(listed, 'a market that is not listed');
      return listed.row;
    });
    this.#rows = calls.takeRoom(most * requestBytes);
    this.#namesAt = calls.takeRoom(most * rawNamesBytes);
    this.#bytesAt = calls.takeRoom(most * namesBytes);
  }

  #encode(operation: Operation, nth: number): void {
    const { digestOf, commandOf, accountOf } = this.#commands;
    const isCancel = operation.kind === 'cancel';
    const names = new DataView(this.#names.buffer, nth * namesBytes, namesBytes);
    writeDigest(names, 0, isCancel ? commandOf(nth) : digestOf(operation.id));
    names.setUint32(targetAt - 4, accountOf(operation));
    const target = isCancel ? operation.id : operation.kind === 'replace' ? operation.old : 0;
    if (target > 0) writeDigest(names, targetAt, digestOf(target));
    const figures = isCancel
      ? [cancelKind, 0, 0, 0]
      : [placeKind, traitsOf(operation), limitOf(operation), operation.size];
    this.#numbers.set([...figures, operation.market, target > 0 ? 1 : 0], nth * numbers);
  }

  /** Fills the requests with the operations from the `from`th on. */
  fill(from: number, count: number): void {
    const { core } = this.#state;
    const names = this.#names.subarray(from * namesBytes, (from + count) * namesBytes);
    core.bytes(this.#bytesAt, this.#bytesAt + names.length).set(names);
    for (let nth = 0; nth < count; nth += 1) this.#fillOne(nth, from + nth);
    for (let nth = 0; nth < count; nth += commandsRepeated) {
      const some = Math.min(commandsRepeated, count - nth);
      core.calls.resolveRaw(this.rowOf(nth), this.#namesAt + nth * rawNamesBytes, some);
    }
  }

  #fillOne(nth: number, operation: number): void {
    const { ints, doubles } = this.#state.core;
    const { nowMsOf, lifeMs, maxFeeBps } = this.#commands;
    const row = this.rowOf(nth);
    const word = row >>> 2;
    const double = row >>> 3;
    const figures = operation * numbers;
    const kind = this.#numbers[figures] as number;
    const nowMs = nowMsOf(operation);
    for (let of = 0; of < requestWords; of += 1) ints[word + of] = 0;
    doubles[double + at.nowMs / 8] = nowMs;
    ints[word + at.kind / 4] = kind;
    if (kind === placeKind) {
      ints[word + at.traits / 4] = this.#numbers[figures + 1] as number;
      ints[word + at.limitTicks / 4] = this.#numbers[figures + 2] as number;
      ints[word + at.maxFeeBps / 4] = maxFeeBps;
      ints[word + at.market / 4] = this.#markets[this.#numbers[figures + 4] as number] as number;
      doubles[double + at.sizeLots / 8] = this.#numbers[figures + 3] as number;
      doubles[double + at.createdAtMs / 8] = nowMs;
      doubles[double + at.expiresAtMs / 8] = nowMs + lifeMs;
    }
    const bytes = this.#bytesAt + nth * namesBytes;
    const names = (this.#namesAt + nth * rawNamesBytes) >>> 2;
    const namesTarget = this.#numbers[figures + 5] === 1;
    ints[names + rawNamesRow.id / 4] = bytes;
    ints[names + rawNamesRow.account / 4] = bytes + accountAt;
    ints[names + rawNamesRow.target / 4] = namesTarget ? bytes + targetAt : 0;
  }

  /** The address of the nth request. */
  rowOf(nth: number): number {
    return this.#rows + nth * requestBytes;
  }
}

function writeDigest(names: DataView, from: number, words: number[]): void {
  for (const [nth, word] of words.entries()) names.setUint32(from + nth * 4, word);
}

export type Placing = Exclude<Operation, { kind: 'cancel' }>;

/** What an order is beside its amounts, however it is written. */
export const termsOf = ({ kind }: Placing) =>
  ({
    orderType: kind === 'market' ? 'market' : 'limit',
    timeInForce: kind === 'market' ? 'ioc' : 'gtc',
    postOnly: false,
    selfTrade: 'expire_taker',
  }) as const;

const traitsOf = (operation: Placing): number => packTraits(termsOf(operation), operation.side);

/** Its limit, or a market order's worst price. */
export function limitOf(operation: Placing): number {
  return operation.kind === 'market' ? operation.worst : operation.price;
}
