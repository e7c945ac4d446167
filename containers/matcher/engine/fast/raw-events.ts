/** The core's event rows as objects that are filled again and again: nothing is made for an event that orders bring about every day. */
import type { DoneReason } from '#domain/order.ts';
import type { RawAnswer, RawDone, RawEvent, RawProgress, RawTrade } from '#domain/raw-event.ts';
import { type EngineRefusal, numberedRefusals } from '#domain/refusal.ts';
import { doneReasons, eventTags } from '../event-hash.ts';
import { addressWords } from './address-words.ts';
import { type CoreInstance, nobody } from './core-instance.ts';
import { accountRow, eventRow as at, marketRow, orderExtrasRow, orderRow } from './core-layout.ts';
import type { FastState } from './fast-state.ts';
import type { ListedMarket } from './market-terms.ts';
import { clientOf, extrasOf, traitsOf } from './order-row.ts';
import { isSell, unpackTraits } from './order-traits.ts';
import { eventAt } from './render-events.ts';

type RawAccepted = Extract<RawAnswer, { type: 'raw_accepted' }>;
type RawRefused = Extract<RawAnswer, { type: 'raw_refused' }>;

export class RawEvents {
  readonly #state: FastState;
  readonly #accepted: RawAccepted = { type: 'raw_accepted', sequence: Number.NaN };
  readonly #refused: RawRefused = {
    type: 'raw_refused',
    sequence: Number.NaN,
    code: 'not_leader',
  };
  readonly #trade = emptyTrade();
  readonly #done = emptyDone();

  constructor(state: FastState) {
    this.#state = state;
  }

  /** The event of a row; `placed` is the id of the order that is asked for as one's own. */
  at(row: number, sequence: number, placed: number): RawEvent {
    const { core } = this.#state;
    switch (core.int(row, at.tag)) {
      case eventTags.accepted:
        this.#accepted.sequence = sequence;
        return this.#accepted;
      case eventTags.refused:
        this.#refused.sequence = sequence;
        this.#refused.code = numberedRefusals[core.int(row, at.detail)] as EngineRefusal;
        return this.#refused;
      case eventTags.trade:
        return this.#tradeAt(row, sequence, placed);
      case eventTags.order_done:
        return this.#doneAt(row, sequence);
      default:
        // None of these names its command.
        return eventAt(this.#state, '', row, sequence);
    }
  }

  #tradeAt(row: number, sequence: number, placed: number): RawTrade {
    const state = this.#state;
    const { ints, doubles } = state.core;
    const maker = ints[(row + at.order) >>> 2] as number;
    const taker = ints[(row + at.taker) >>> 2] as number;
    const makerId = ints[(maker + orderRow.id) >>> 2] as number;
    const takerId = ints[(taker + orderRow.id) >>> 2] as number;
    const makerIndex = this.#accountOf(maker);
    const takerIndex = this.#accountOf(taker);
    const trade = this.#trade;
    trade.sequence = sequence;
    trade.marketId = this.#marketOf(maker);
    trade.atMs = state.nowMs;
    trade.priceTicks = ints[(row + at.detail) >>> 2] as number;
    trade.sizeLots = doubles[(row + at.sizeLots) >>> 3] as number;
    trade.baseUnits = doubles[(row + at.baseUnits) >>> 3] as number;
    trade.quoteUnits = doubles[(row + at.quoteUnits) >>> 3] as number;
    trade.takerSide = isSell(traitsOf(state.core, taker)) ? 'sell' : 'buy';
    trade.makerFeeUnits = doubles[(row + at.makerFeeUnits) >>> 3] as number;
    trade.takerFeeUnits = doubles[(row + at.takerFeeUnits) >>> 3] as number;
    trade.words = ints;
    trade.makerDigestAt = state.digestPlace(makerId);
    trade.takerDigestAt = state.digestPlace(takerId);
    trade.makerAccount = state.accountNames[makerIndex] as string;
    trade.takerAccount = state.accountNames[takerIndex] as string;
    trade.addresses = state.addresses;
    trade.makerAccountAt = makerIndex * addressWords;
    trade.takerAccountAt = takerIndex * addressWords;
    trade.isOwn = ownSide(placed, { makerId, takerId });
    return trade;
  }

  /** What an order was when it ended, it stays: reading it after the command is soon enough. */
  #doneAt(row: number, sequence: number): RawDone {
    const state = this.#state;
    const { ints, doubles } = state.core;
    const order = ints[(row + at.order) >>> 2] as number;
    const traits = unpackTraits(traitsOf(state.core, order));
    const client = clientOf(state.core, order);
    const account = this.#accountOf(order);
    const done = this.#done;
    done.sequence = sequence;
    done.reason = doneReasons[ints[(row + at.detail) >>> 2] as number] as DoneReason;
    done.atMs = state.nowMs;
    done.marketId = this.#marketOf(order);
    done.side = traits.side;
    done.orderType = traits.orderType;
    done.timeInForce = traits.timeInForce;
    done.postOnly = traits.postOnly;
    done.selfTrade = traits.selfTrade;
    fillAmounts(done, state.core, order);
    done.createdAtMs = doubles[(order + orderRow.createdAtMs) >>> 3] as number;
    done.expiresAtMs = doubles[(order + orderRow.expiresAtMs) >>> 3] as number;
    done.words = ints;
    done.digestAt = state.digestPlace(ints[(order + orderRow.id) >>> 2] as number);
    done.account = state.accountNames[account] as string;
    done.addresses = state.addresses;
    done.accountAt = account * addressWords;
    done.clientOrderId = client === nobody ? undefined : state.clientText(client);
    return done;
  }

  /** The index of an order's account. */
  #accountOf(order: number): number {
    const { core } = this.#state;
    return core.int(core.int(order, orderRow.account), accountRow.index);
  }

  #marketOf(order: number): string {
    const { core, markets } = this.#state;
    const index = core.int(core.int(order, orderRow.market), marketRow.index);
    return (markets[index] as ListedMarket).id;
  }
}

/** How far an order has come, in numbers, as its row has them. */
export function fillAmounts(into: RawProgress | RawDone, core: CoreInstance, order: number): void {
  const { ints, doubles } = core;
  const extras = extrasOf(core, order);
  into.limitTicks = ints[(order + orderRow.limitTicks) >>> 2] as number;
  into.triggerTicks = ints[(extras + orderExtrasRow.triggerTicks) >>> 2] as number;
  into.sizeLots = doubles[(order + orderRow.sizeLots) >>> 3] as number;
  into.displayLots = doubles[(extras + orderExtrasRow.displayLots) >>> 3] as number;
  into.spendUnits = doubles[(extras + orderExtrasRow.spendUnits) >>> 3] as number;
  into.filledLots = doubles[(order + orderRow.filledLots) >>> 3] as number;
  into.filledQuoteUnits = doubles[(order + orderRow.filledQuoteUnits) >>> 3] as number;
  into.feeUnits = doubles[(order + orderRow.feeUnits) >>> 3] as number;
}

function ownSide(
  placed: number,
  { makerId, takerId }: { makerId: number; takerId: number },
): RawTrade['isOwn'] {
  if (placed === takerId) return 'taker';
  return placed === makerId ? 'maker' : undefined;
}

const noWords = new Int32Array();
// Not a number yet, and no whole one: a field that began as one would be laid out anew at its first large number.
const unset = Number.NaN;

const emptyTrade = (): RawTrade => ({
  type: 'raw_trade',
  sequence: unset,
  marketId: '',
  atMs: unset,
  priceTicks: 0,
  sizeLots: unset,
  baseUnits: unset,
  quoteUnits: unset,
  takerSide: 'buy',
  makerFeeUnits: unset,
  takerFeeUnits: unset,
  words: noWords,
  makerDigestAt: 0,
  takerDigestAt: 0,
  makerAccount: '',
  takerAccount: '',
  addresses: noWords,
  makerAccountAt: 0,
  takerAccountAt: 0,
  isOwn: undefined,
});

const emptyDone = (): RawDone => ({
  type: 'raw_done',
  sequence: unset,
  reason: 'filled',
  atMs: unset,
  marketId: '',
  side: 'buy',
  orderType: 'limit',
  timeInForce: 'gtc',
  postOnly: false,
  selfTrade: 'expire_taker',
  limitTicks: 0,
  triggerTicks: 0,
  sizeLots: unset,
  displayLots: unset,
  spendUnits: unset,
  filledLots: unset,
  filledQuoteUnits: unset,
  feeUnits: unset,
  createdAtMs: unset,
  expiresAtMs: unset,
  words: noWords,
  digestAt: 0,
  account: '',
  addresses: noWords,
  accountAt: 0,
  clientOrderId: undefined,
});
