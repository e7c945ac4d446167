/** The engines under test, behind one face: a flow's operations are made ready in batches, then applied one by one. */
import { OrderBook, Side } from 'nodejs-order-book';
import { assert } from '#domain/assertion.ts';
import type { CancelOrder, Command, PlaceOrder, SignedOrder } from '#domain/command.ts';
import type { EngineEvent } from '#domain/event.ts';
import { type Market, noProtections } from '#domain/market.ts';
import type { RawEvent } from '#domain/raw-event.ts';
import type { RawPlacement } from '#domain/raw-order.ts';
import type { Engine } from '../../containers/matcher/engine/engine.ts';
import { eventTags } from '../../containers/matcher/engine/event-hash.ts';
import { applyCommand } from '../../containers/matcher/engine/fast/apply-command.ts';
import {
  digestAt,
  engineState,
  eventRow,
  eventsAt,
  requestAt,
  requestBytes,
  requestRow,
  stateAt,
} from '../../containers/matcher/engine/fast/core-layout.ts';
import { FastState } from '../../containers/matcher/engine/fast/fast-state.ts';
import { packTraits } from '../../containers/matcher/engine/fast/order-traits.ts';
import { eventBytes } from '../../containers/matcher/engine/fast/render-events.ts';
import { requestKinds } from '../../containers/matcher/engine/fast/request.ts';
import { resolve } from '../../containers/matcher/engine/fast/resolve.ts';
import { viewsOf } from '../../containers/matcher/engine/fast/views.ts';
import { commandsAhead, commandsRepeated } from '../../containers/matcher/engine/limits.ts';
import { createEngine } from '../../containers/matcher/engine/matching-engine.ts';
import { rawPlacement } from '../engine/raw-placement.ts';
import { type Flow, type Operation, traders } from './engine-flow.ts';
import {
  FlowRequests,
  limitOf,
  type Placing,
  type Commands as TimedCommands,
  termsOf,
} from './engine-requests.ts';

/** One way to run a flow. What comes off the wire is made before anything runs: making it leaves the caches full of texts. */
export type Runner = {
  /** Makes the operations from `from` on ready, in place of those before; not timed. */
  prepare(from: number, count: number): void;
  /** Applies the nth of those that are ready. */
  run(nth: number): void;
  /** Applies the first so many of them, as a replay does: as many in a call as the engine takes. */
  runAll(count: number): void;
  /** What follows a batch, as a matcher's frame follows its commands: changed levels are taken. */
  settle(): void;
  book(market: number): string;
  /** Trades of the operation that ran last: counted where somebody asks, not in what is timed. */
  newTrades(): number;
};

/**
 * Operations made ready and run at a time: few enough that what was made ready is still near when its turn comes, as in a matcher and in
 * a replay, which do it eight and sixteen at a time; enough for a clock that costs nothing beside them.
 */
export const readyTogether = 400;

const nowMs = 1_790_000_000_000;
/** Ten thousand orders a second of engine time. */
const operationsPerMs = 10;
const hashSecret = 0x5eed;
const lifeMs = 86_400_000;
const maxFeeBps = 10;
/** Ids of cancels are no orders'. */
const cancelId = (nth: number) => nth + 2 ** 31;
/** Through a buffer: pasted texts are trees until somebody reads them, whereas ids that come over the wire are whole. */
const whole = (text: string) => Buffer.from(text, 'latin1').toString('latin1');
/** Digests are spread like real ones: counting ones would share all their cache lines. */
const digestWords = (id: number): number[] => {
  const spread = Array.from({ length: 7 }, (_, at) => {
    return Math.imul(id ^ (at * 0x85ebca6b), 0x9e3779b1) >>> 0;
  });
  return [...spread, id];
};
const digest = (id: number) => {
  const words = digestWords(id).map((word) => word.toString(16).padStart(8, '0'));
  return whole(`0x${words.join('')}`);
};
const nobodySigned = {} as SignedOrder;

/** Every rule is on: fees, bands, the volatility window. They are wide, so that both engines trade the same. */
const terms = (market: number): Market => ({
  ...noProtections,
  id: marketName(market),
  groupId: 'bench',
  baseUnitsPerLot: 1,
  quoteUnitsPerTickLot: 1,
  minSizeLots: 1,
  minNotionalUnits: 1,
  maxNotionalUnits: 1_000_000_000_000,
  makerFeeBps: 2,
  takerFeeBps: 5,
  bandBps: 8_000,
  haltBps: 9_000,
  haltWindowMs: 60_000,
  state: 'open',
});

const marketName = (market: number) => `M${market}-USDC`;
type Owner = { trader: number; side: 'buy' | 'sell' };
const accountNumber = ({ trader, side }: Owner) => trader * 2 + (side === 'buy' ? 1 : 2);
const accountOf = (owner: Owner) => accountNames[accountNumber(owner) - 1] as string;
const accountNames = Array.from({ length: traders * 2 }, (_, at) =>
  whole(`0x${(at + 1).toString(16).padStart(40, '0')}`),
);

/** The same of a flow's timed operations as of their commands. */
const timedCommands: TimedCommands = {
  digestOf: digestWords,
  commandOf: (nth) => digestWords(cancelId(nth)),
  accountOf: accountNumber,
  nowMsOf: (nth) => nowMs + Math.floor(nth / operationsPerMs),
  lifeMs,
  maxFeeBps,
  marketName: (market) => marketName(market),
};

/** The engine without its ends: requests are resolved before they are timed, rows are not made into events. */
export function core(flow: Flow, binary?: string): Runner {
  const state = new FastState({ groupId: 'bench', hashSecret, binary });
  const { calls } = state.core;
  const expected = expectedOf(flow);
  calls.reserve(expected.orders, expected.ids);
  for (const command of commandsBefore(flow)) applyCommand(command, state);
  const requests = new FlowRequests(state, flow, timedCommands, readyTogether);
  const { depth } = viewsOf(state);
  const { lookAhead, apply, repeat } = calls;
  const first = requests.rowOf(0);
  let ready = 0;
  return {
    prepare(from, count) {
      ready = count;
      requests.fill(from, count);
    },
    run(nth) {
      const request = first + nth * requestBytes;
      if (nth % commandsAhead === 0) lookAhead(request, Math.min(commandsAhead, ready - nth));
      apply(request);
    },
    runAll(count) {
      for (let done = 0; done < count; done += commandsRepeated) {
        const some = Math.min(commandsRepeated, count - done);
        const request = first + done * requestBytes;
        // It comes back with each that was refused, of which a replay tells.
        for (let next = 0; next < some; ) next = repeat(request, next, some);
      }
    },
    settle: () => void calls.takeChanges(),
    book: (market) => JSON.stringify(depth(marketName(market), Number.MAX_SAFE_INTEGER)),
    newTrades() {
      const count = state.core.int(stateAt, engineState.eventCount);
      let trades = 0;
      for (let nth = 0; nth < count; nth += 1) {
        const tag = state.core.int(eventsAt + nth * eventBytes, eventRow.tag);
        if (tag === eventTags.trade) trades += 1;
      }
      return trades;
    },
  };
}

/** A matcher makes room for its bounds; here for the flow, as the peer's heap does in its first rounds. */
const expectedOf = ({ before, timed }: Flow) => ({
  orders: before.length + timed.length / 2,
  ids: before.length + timed.length,
});

/** The engine as the matcher runs it: new orders as they came, and what they did as it lies there. */
export function wholeEngine(flow: Flow): Runner {
  const engine = createEngine({ groupId: 'bench', hashSecret });
  let trades = 0;
  const read = ({ type }: EngineEvent | RawEvent) => {
    if (type === 'trade' || type === 'raw_trade') trades += 1;
  };
  for (const command of commandsBefore(flow)) engine.apply(command, () => {});
  const timed = flow.timed.map((operation, nth) => arrived(commandOf(operation, nth)));
  let first = 0;
  const run = (nth: number) => {
    const at = first + nth;
    const next = timed[at] as RawPlacement | CancelOrder;
    if (nth % commandsAhead === 0)
      engine.announce(timed.slice(at, at + commandsAhead).filter(isPlacement));
    trades = 0;
    if (!isPlacement(next)) {
      engine.apply(next, read);
      return;
    }
    engine.place(next);
    engine.did.each(read);
  };
  return {
    prepare(from) {
      first = from;
    },
    run,
    runAll: oneByOne(run),
    settle() {
      engine.takeLevelChanges();
      engine.takeTouched();
    },
    book: (market) => JSON.stringify(engine.depth(marketName(market), Number.MAX_SAFE_INTEGER)),
    newTrades: () => trades,
  };
}

/** An order as it comes to the matcher, or a cancel. */
function arrived(command: Command): RawPlacement | CancelOrder {
  if (command.type === 'place') return rawPlacement(command);
  assert(command.type === 'cancel', `a flow has no ${command.type}`);
  return command;
}

const oneByOne = (run: Runner['run']) => (count: number) => {
  for (let nth = 0; nth < count; nth += 1) run(nth);
};

const isPlacement = (next: RawPlacement | CancelOrder): next is RawPlacement => 'order' in next;

/** What comes before a flow's timed operations, as commands: those that list, fund and fill. */
function commandsBefore(flow: Flow): Command[] {
  const before: Command[] = [];
  for (let market = 0; market < flow.markets; market += 1) before.push(listing(market));
  const funded = new Set<string>();
  for (const operation of [...flow.before, ...flow.timed]) {
    if (operation.kind === 'cancel') continue;
    const account = accountOf(operation);
    const asset = operation.side === 'buy' ? 'USDC' : `M${operation.market}`;
    if (funded.has(`${account} ${asset}`)) continue;
    funded.add(`${account} ${asset}`);
    before.push(grant(`grant ${funded.size}`, account, asset));
  }
  for (const operation of flow.before) before.push(commandOf(operation, 0));
  return before;
}

function listing(market: number): Command {
  const asset = (id: string) => ({ id, decimals: 0, chainDecimals: 0, chainAsset: '0x1' });
  const ordered = { commandId: `list ${market}`, by: 'bench', why: 'to measure' };
  const [base, quote] = [asset(`M${market}`), asset('USDC')];
  return { type: 'list_market', ...ordered, nowMs, market: terms(market), base, quote };
}

function grant(commandId: string, account: string, asset: string): Command {
  const units = asset === 'USDC' ? 2_000_000_000_000 : 1_000_000_000;
  return { type: 'grant', commandId, nowMs, account, asset, grantNumber: 1, units, clock: 0 };
}

function commandOf(operation: Operation, at: number): Command {
  const takenMs = timedCommands.nowMsOf(at);
  if (operation.kind !== 'cancel') return placing(operation, takenMs);
  const account = accountOf(operation);
  const commandId = digest(cancelId(at));
  return { type: 'cancel', commandId, nowMs: takenMs, account, digest: digest(operation.id) };
}

function placing(operation: Placing, takenMs: number): PlaceOrder {
  const { id, side, market, size, kind } = operation;
  const amounts = {
    limitTicks: limitOf(operation),
    sizeLots: size,
    spendUnits: 0,
    triggerTicks: 0,
    displayLots: 0,
  };
  return {
    type: 'place',
    commandId: digest(id),
    nowMs: takenMs,
    account: accountOf(operation),
    marketId: marketName(market),
    side,
    ...termsOf(operation),
    cap: 'base',
    amounts,
    maxFeeBps,
    createdAtMs: takenMs,
    expiresAtMs: takenMs + lifeMs,
    ...(kind === 'replace' ? { replaces: digest(operation.old) } : {}),
    signed: nobodySigned,
    signature: '',
  };
}

/** The peer has no replace: an order that takes another's place is a cancel and a new one. */
export function nodejsOrderBook(flow: Flow): Runner {
  const books = Array.from({ length: flow.markets }, () => new OrderBook());
  const sideOf = { buy: Side.BUY, sell: Side.SELL };
  let did: ReturnType<OrderBook['market']> | undefined;
  let own = '';
  /** An order that ends or rests is itself among those that it names. */
  const tradesOf = ({ done, partial }: ReturnType<OrderBook['market']>) => {
    const named = [...done, ...(partial ? [partial] : [])];
    return named.filter(({ id }) => id !== own).length;
  };
  const prepared = (operation: Operation): (() => void) => {
    const book = books[operation.market] as OrderBook;
    const id = String(operation.id);
    if (operation.kind === 'cancel') {
      return () => {
        book.cancel(id);
        did = undefined;
      };
    }
    const side = sideOf[operation.side];
    const { size } = operation;
    if (operation.kind === 'market') {
      return () => {
        did = book.market({ side, size });
        own = '';
      };
    }
    const limit = { id, side, size, price: operation.price } as Parameters<OrderBook['limit']>[0];
    const place = () => {
      did = book.limit(limit);
      own = id;
    };
    if (operation.kind === 'limit') return place;
    const old = String(operation.old);
    return () => {
      did = undefined;
      // What was filled meanwhile is not replaced.
      if (book.cancel(old)) place();
    };
  };
  for (const operation of flow.before) prepared(operation)();
  const timed = flow.timed.map(prepared);
  let first = 0;
  const run = (nth: number) => (timed[first + nth] as () => void)();
  return {
    prepare(from) {
      first = from;
    },
    run,
    runAll: oneByOne(run),
    settle: () => {},
    book(market) {
      const [asks, bids] = (books[market] as OrderBook).depth();
      const best = (levels: [number, number][], sign: number) =>
        levels.filter(([, size]) => size > 0).sort((a, b) => sign * (a[0] - b[0]));
      return JSON.stringify({ bids: best(bids, -1), asks: best(asks, 1) });
    },
    newTrades: () => (did ? tradesOf(did) : 0),
  };
}

/** A state with one market and funded accounts, and their rows: buyers and sellers in turn. */
export type BenchState = { state: FastState; accounts: number[] };

export function benchState(): BenchState {
  const state = new FastState({ groupId: 'bench', hashSecret });
  state.core.calls.reserve(16_384, 131_072);
  applyCommand(listing(0), state);
  for (let trader = 0; trader < traders; trader += 1) {
    applyCommand(grant(`buy ${trader}`, accountOf({ trader, side: 'buy' }), 'USDC'), state);
    applyCommand(grant(`sell ${trader}`, accountOf({ trader, side: 'sell' }), 'M0'), state);
  }
  resolve(plainPlacing, state, requestAt);
  state.core.calls.settleRequest(requestAt);
  return { state, accounts: accountNames.map((name) => state.account(name)) };
}

const plainPlacing = placing(
  { kind: 'limit', id: 1, trader: 0, market: 0, side: 'buy', price: 100_000, size: 1 },
  nowMs,
);
const plainTraits = {
  buy: packTraits(plainPlacing, 'buy'),
  sell: packTraits(plainPlacing, 'sell'),
};

type Plain = {
  nowMs: number;
  id: number;
  /** The id of the order to cancel; 0 to place one. */
  cancels: number;
  away: number;
  size: number;
};

/** Fills the request of a state of ours, which was filled before, with an order or a cancel by numbers alone. */
export function fillRequest({ state, accounts }: BenchState, plain: Plain): void {
  const { ints, doubles, calls } = state.core;
  const { id, cancels } = plain;
  const word = (field: number) => (requestAt + field) >>> 2;
  const double = (field: number) => (requestAt + field) >>> 3;
  ints[word(requestRow.kind)] = requestKinds.indexOf(cancels === 0 ? 'place' : 'cancel');
  const nth = ((cancels || id) % traders) * 2 + sideOfId(cancels || id);
  ints[word(requestRow.account)] = accounts[nth] as number;
  doubles[double(requestRow.nowMs)] = plain.nowMs;
  numberWords(cancels === 0 ? id : id + 2 ** 30, ints);
  calls.resolveId(requestAt);
  if (cancels > 0) {
    numberWords(cancels, ints);
    calls.resolveTarget(requestAt);
    return;
  }
  const sells = sideOfId(id) === 1;
  ints[word(requestRow.traits)] = sells ? plainTraits.sell : plainTraits.buy;
  ints[word(requestRow.limitTicks)] = 100_000 + (sells ? plain.away : -plain.away);
  doubles[double(requestRow.sizeLots)] = plain.size;
  doubles[double(requestRow.createdAtMs)] = plain.nowMs;
  doubles[double(requestRow.expiresAtMs)] = plain.nowMs + 86_400_000;
  calls.resolveLines(requestAt);
}

/** Whoever cancels must find the owner again: an order's side hangs on its id. */
const sideOfId = (id: number): number => (Math.imul(id, 0x9e3779b1) >>> 31) & 1;

/** Into the digest that is looked for. */
function numberWords(id: number, ints: Int32Array): void {
  for (let at = 0; at < 8; at += 1) ints[(digestAt >>> 2) + at] = Math.imul(id + at, 0x9e3779b1);
}

/** The engine with a flow's book filled. */
export function filledEngine(flow: Flow): Engine {
  const engine = createEngine({ groupId: 'bench', hashSecret });
  for (const command of commandsBefore(flow)) engine.apply(command, () => {});
  return engine;
}
