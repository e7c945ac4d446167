/**
 * A core of its own (core/core.ts) with its memory: what TypeScript calls of it, and how it reads its rows. A row is the number of its
 * first byte, 0 is nobody. The memory may grow with any call: views over it are asked for anew behind each.
 */
import { AssertionFailed } from '#domain/assertion.ts';
import { nameWords } from '../name-words.ts';
import { coreBinary } from './core-binary.ts';
import {
  cancelTextsAt,
  engineState,
  freeRegionsAt,
  noNameAt,
  orderNamesAt,
  stateAt,
  stateNamesAt,
  traitNamesAt,
} from './core-layout.ts';
import { marketStates } from './market-terms.ts';
import { orderNames, traitNames } from './order-traits.ts';

/** No row of any kind. */
export const nobody = 0;

type Bool = 0 | 1;

/** The core's functions by name. */
export type CoreCalls = {
  open(secret: number): void;
  reserve(orders: number, ids: number): void;
  apply(request: number): void;
  resolveId(request: number): void;
  resolveLines(request: number): void;
  resolveRaw(requests: number, names: number, count: number): void;
  readCancelTexts(names: number): Bool;
  resolveTarget(request: number): void;
  resolveDelegation(request: number): void;
  resolveTextDelegation(request: number, id: number): void;
  resolveClient(request: number, client: number): void;
  resolveTextId(request: number, id: number): void;
  resolveTextTarget(request: number, id: number): void;
  lookAhead(requests: number, count: number): void;
  repeat(requests: number, from: number, count: number): number;
  settleRequest(request: number): void;
  findId(): number;
  addTextId(): number;
  addAccount(nameLeft: number, nameRight: number): number;
  enlistAddress(account: number): void;
  addAsset(nameLeft: number, nameRight: number): number;
  addMarket(nameLeft: number, nameRight: number, base: number, quote: number): number;
  addClient(nameLeft: number, nameRight: number): number;
  releaseClient(client: number): void;
  newExtras(): number;
  /** Lots that a level counts of an order; 0 outside the book. */
  shownInBook(order: number): number;
  releaseText(id: number): void;
  takeRoom(bytes: number): number;
  dueMs(): number;
  isUnfinished(): Bool;
  findLine(account: number, asset: number): number;
  lineOf(account: number, asset: number): number;
  findLevel(ladder: number, ticks: number): number;
  nextLevel(level: number): number;
  oldestOwn(account: number): number;
  nextOwn(order: number): number;
  takeChanges(): number;
  uncrossing(market: number): Bool;
  setUntil(market: number, reason: number): void;
  findNextDue(): void;
  clearWindow(market: number): void;
  tellListed(market: number): void;
  idFor(): number;
  newOrder(): number;
  restoreOrder(order: number, left: number, right: number): void;
  enlistRestored(): void;
  newEnded(): number;
  delegationFor(account: number, id: number): number;
  restoreEnded(ended: number): void;
  restoreResult(id: number, code: number, sequence: number, atMs: number): void;
  restoreWork(kind: number, market: number): number;
  reserveIndex(ids: number): void;
  takeRegion(log: number): number;
  releaseRegion(at: number, log: number): void;
  readPart(): void;
  beginPart(accounts: number, markets: number): void;
  saveLadder(order: number): number;
  saveOrder(order: number): Bool;
  saveEnded(ended: number): number;
  saveRemembered(id: number): number;
  armSwitch(account: number, dueMs: number): void;
  addUpWindow(market: number): void;
  validate(): void;
  placeRefusal(request: number): number;
  replacedBy(request: number): number;
  makerRate(account: number, market: number): number;
  takerRate(account: number, market: number): number;
  lackingUnits(request: number, market: number, without: number): number;
};

/** Answers the core when two things are due at one time: whether the name of one comes before another's, by index. */
export type NameOrder = {
  isAccountBefore(one: number, other: number): boolean;
  isMarketBefore(one: number, other: number): boolean;
};

/** Two digests and an address. */
const cancelTextsBytes = 174;
const encoder = new TextEncoder();

/** Memory grows in these. */
const pageBytes = 65_536;
/** Room that is made in one go: a fraction of a millisecond. */
const roomBytes = 4 * pageBytes;

const compiled = new Map<string, WebAssembly.Module>();

/** Compiled once a process: that takes milliseconds. */
function moduleOf(binary: string): WebAssembly.Module {
  const known = compiled.get(binary);
  if (known) return known;
  const bytes = Uint8Array.from(atob(binary), (character) => character.charCodeAt(0));
  const module = new WebAssembly.Module(bytes);
  compiled.set(binary, module);
  return module;
}

/** Tables of `EngineState`, and what their entries take as a power of two of bytes. */
const tables = [
  { at: 'idIndex', log: 'idIndexLog', entryLog: 3 },
  { at: 'addressIndex', log: 'addressIndexLog', entryLog: 5 },
  { at: 'lineIndex', log: 'lineIndexLog', entryLog: 2 },
  { at: 'expiries', log: 'expiriesLog', entryLog: 0 },
  { at: 'changes', log: 'changesLog', entryLog: 4 },
] as const;

export class CoreInstance {
  readonly calls: CoreCalls;
  readonly #memory: WebAssembly.Memory;
  /** Up to here memory was written to. */
  #writtenTo = 0;
  #ints = new Int32Array();
  #doubles = new Float64Array();
  #cancelTexts: Uint8Array = new Uint8Array();

  constructor(order: NameOrder, binary = coreBinary) {
    const abort = (message: number) => {
      throw new AssertionFailed(this.#textAt(message));
    };
    const instance = new WebAssembly.Instance(moduleOf(binary), {
      env: { abort },
      names: { ...order },
    });
    const { memory, ...calls } = instance.exports;
    this.#memory = memory as WebAssembly.Memory;
    this.calls = calls as CoreCalls;
  }

  /** Begins an empty engine. */
  open(hashSecret: number): void {
    this.calls.open(hashSecret);
    this.#writtenTo = this.int(stateAt, engineState.memoryEnd) >>> 0;
    this.ints.set(fixedNames.traits, traitNamesAt >> 2);
    this.ints.set(fixedNames.states, stateNamesAt >> 2);
    this.ints.set(fixedNames.empty, noNameAt >> 2);
    this.ints.set(fixedNames.orders, orderNamesAt >> 2);
  }

  /** All memory as 32-bit words. */
  get ints(): Int32Array {
    if (this.#ints.length === 0) this.#view();
    return this.#ints;
  }

  /** All memory as doubles. */
  get doubles(): Float64Array {
    if (this.#ints.length === 0) this.#view();
    return this.#doubles;
  }

  /** A field of a row, by its place in bytes (core-layout.ts). */
  int(row: number, at: number): number {
    return this.ints[(row + at) >>> 2] as number;
  }

  double(row: number, at: number): number {
    return this.doubles[(row + at) >>> 3] as number;
  }

  setInt(row: number, at: number, value: number): void {
    this.ints[(row + at) >>> 2] = value;
  }

  setDouble(row: number, at: number, value: number): void {
    this.doubles[(row + at) >>> 3] = value;
  }

  /** Writes the texts of what a cancel names where `readCancelTexts` finds them, as far as there is room. */
  writeCancelTexts(texts: string): void {
    if (this.#cancelTexts.length === 0)
      this.#cancelTexts = this.bytes(cancelTextsAt, cancelTextsAt + cancelTextsBytes);
    encoder.encodeInto(texts, this.#cancelTexts);
  }

  /** Some of the memory, until it grows. */
  bytes(from: number, to: number): Uint8Array {
    return new Uint8Array(this.#memory.buffer, from >>> 0, to - from);
  }

  /** The memory from a place on, to be written to in the byte order of addresses; until it grows. */
  viewOf(from: number): DataView {
    return new DataView(this.#memory.buffer, from >>> 0);
  }

  /** Makes another core's memory what this one's is now, good for reading rows and walking through levels: nothing is found in it by a key. */
  copyTo(copy: CoreInstance): void {
    const bytes = this.int(stateAt, engineState.memoryEnd) >>> 0;
    copy.#growTo(bytes, this.#memory.buffer.byteLength);
    copy.#writtenTo = Math.max(bytes, copy.#writtenTo);
    const from = new Uint8Array(this.#memory.buffer);
    const to = new Uint8Array(copy.#memory.buffer);
    let at = 0;
    for (const table of [...this.#tables(), { at: bytes, end: bytes }]) {
      to.set(from.subarray(at, table.at), at);
      at = table.end;
    }
  }

  /** Writes to some of the memory that another core will be this one's copy in: what was never written to takes three times as long to copy to. */
  makeRoomIn(copy: CoreInstance): void {
    const bytes = this.int(stateAt, engineState.memoryEnd) >>> 0;
    const from = copy.#writtenTo;
    if (from >= bytes) return;
    copy.#growTo(bytes, this.#memory.buffer.byteLength);
    const to = Math.min(bytes, from + roomBytes);
    new Uint8Array(copy.#memory.buffer, from, to - from).fill(0);
    copy.#writtenTo = to;
  }

  /** Seldom, for each time is a reason to collect garbage: to as much as the other one has. */
  #growTo(bytes: number, wanted: number): void {
    const size = this.#memory.buffer.byteLength;
    if (bytes > size) this.#memory.grow(Math.ceil((wanted - size) / pageBytes));
  }

  /** Where tables lie that only find rows, and room that tables have left, by address. */
  #tables(): { at: number; end: number }[] {
    const regions = tables.map(({ at, log, entryLog }) => ({
      at: this.int(stateAt, engineState[at]) >>> 0,
      log: this.int(stateAt, engineState[log]) + entryLog,
    }));
    for (let log = 0; log < 32; log += 1) {
      let free = this.int(freeRegionsAt, log * 4) >>> 0;
      for (; free !== nobody; free = this.int(free, 0) >>> 0) regions.push({ at: free, log });
    }
    return regions
      .map(({ at, log }) => ({ at, end: at + 2 ** log }))
      .sort((one, other) => one.at - other.at);
  }

  /** A memory that grew is another buffer, and views of the old one have no length. */
  #view(): void {
    this.#ints = new Int32Array(this.#memory.buffer);
    this.#doubles = new Float64Array(this.#memory.buffer);
  }

  /** A text of AssemblyScript: UTF-16 behind its length in bytes. */
  #textAt(at: number): string {
    const length = this.int(at, -4) >> 1;
    const units = new Uint16Array(this.#memory.buffer, at, length);
    return String.fromCharCode(...units);
  }
}

const wordsOf = (texts: (string | undefined)[]) =>
  Int32Array.from(texts.flatMap((text) => Object.values(nameWords(text ?? ''))));
const fixedNames = {
  traits: wordsOf(traitNames),
  states: wordsOf(marketStates),
  empty: wordsOf(['']),
  orders: wordsOf(orderNames),
};
