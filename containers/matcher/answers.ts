/** What the owner of a command is told of it: made from its events the moment it was applied. */
import { assert } from '#domain/assertion.ts';
import type { EngineEvent, OrderDone, Trade } from '#domain/event.ts';
import type { Digest } from '#domain/order.ts';
import type { CommandResult, FillView, OrderView } from '#wire/matcher-api.ts';
import type { Engine } from './engine/engine.ts';
import type { Request } from './sequencer-options.ts';

/** A command, and the order that it is about where it is about one. */
type Identity = { commandId: string; digest?: Digest };

export function identityOf(request: Request): Identity {
  const { commandId } = request;
  return 'digest' in request ? { commandId, digest: request.digest } : { commandId };
}

export const cancelledIn = (events: readonly EngineEvent[]): number =>
  events.filter((event) => event.type === 'order_done' && event.reason === 'cancelled').length;

/** The result of a command that the engine has just applied: of its own events and those of its continues. */
export function firstAnswer(
  { commandId, digest }: Identity,
  events: readonly EngineEvent[],
  engine: Engine,
): CommandResult {
  const [opening] = events;
  if (opening?.type === 'refused') return { status: 'refused', commandId, code: opening.code };
  assert(opening?.type === 'accepted', `${commandId} was neither accepted nor refused`);
  let order: OrderView | undefined;
  const fills: FillView[] = [];
  for (const event of events) {
    if (event.type === 'trade') {
      if (event.takerDigest === digest) fills.push(takerFill(event));
      // What is left of an order may rest and meet those that it set off.
      else if (event.makerDigest === digest) fills.push(makerFill(event));
    } else if (event.type === 'order_done' && event.digest === digest) order = doneView(event);
  }
  order ??= orderOf(digest, engine);
  const { sequence } = opening;
  return order
    ? { status: 'accepted', commandId, sequence, order, fills }
    : { status: 'accepted', commandId, sequence, fills };
}

/** The result of a command that was applied before; undefined where none with its id is remembered. */
export function repeatedAnswer(about: Identity, engine: Engine): CommandResult | undefined {
  const first = engine.firstResult(about.commandId);
  return first && answerAgain(about, first, engine);
}

/** The same, of what the engine remembers. */
export function answerAgain(
  { commandId, digest }: Identity,
  first: NonNullable<ReturnType<Engine['firstResult']>>,
  engine: Engine,
): CommandResult {
  if (first.code) return { status: 'refused', commandId, code: first.code, repeated: true };
  const order = orderOf(digest, engine);
  const { sequence } = first;
  const result = {
    status: 'accepted' as const,
    commandId,
    sequence,
    fills: [],
    repeated: true as const,
  };
  return order ? { ...result, order } : result;
}

/** Who arms a switch is told when it fires, as of now. */
export function switched(
  result: CommandResult,
  request: Request,
  engine: Pick<Engine, 'switchOf'>,
): CommandResult {
  if (request.type !== 'cancel_all_after' || result.status === 'refused') return result;
  return { ...result, switchDueMs: engine.switchOf(request.account) };
}

/** A live order as it is now, or one that ended within the window. */
function orderOf(digest: Digest | undefined, engine: Engine): OrderView | undefined {
  return digest === undefined ? undefined : engine.order(digest);
}

/** What an order was when it ended, it stays: its event says all of it, and nobody need look for it. */
function doneView(done: OrderDone): OrderView {
  const view: OrderView = {
    digest: done.digest,
    account: done.account,
    marketId: done.marketId,
    side: done.side,
    orderType: done.orderType,
    timeInForce: done.timeInForce,
    postOnly: done.postOnly,
    selfTrade: done.selfTrade,
    limitTicks: done.limitTicks,
    triggerTicks: done.triggerTicks,
    sizeLots: done.sizeLots,
    displayLots: done.displayLots,
    spendUnits: done.spendUnits,
    filledLots: done.filledLots,
    filledQuoteUnits: done.filledQuoteUnits,
    feeUnits: done.feeUnits,
    createdAtMs: done.createdAtMs,
    expiresAtMs: done.expiresAtMs,
    status: done.reason,
  };
  if (done.clientOrderId !== undefined) view.clientOrderId = done.clientOrderId;
  return view;
}

export const takerFill = (trade: Trade): FillView => ({
  sequence: trade.sequence,
  marketId: trade.marketId,
  atMs: trade.atMs,
  priceTicks: trade.priceTicks,
  sizeLots: trade.sizeLots,
  quoteUnits: trade.quoteUnits,
  digest: trade.takerDigest,
  side: trade.takerSide,
  role: 'taker',
  feeUnits: trade.takerFeeUnits,
});

export const makerFill = (trade: Trade): FillView => ({
  sequence: trade.sequence,
  marketId: trade.marketId,
  atMs: trade.atMs,
  priceTicks: trade.priceTicks,
  sizeLots: trade.sizeLots,
  quoteUnits: trade.quoteUnits,
  digest: trade.makerDigest,
  side: trade.takerSide === 'buy' ? 'sell' : 'buy',
  role: 'maker',
  feeUnits: trade.makerFeeUnits,
});
