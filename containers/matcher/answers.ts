/** What the owner of a command is told of it: made from its events the moment it was applied. */
import { assert } from '#domain/assertion.ts';
import type { EngineEvent } from '#domain/event.ts';
import type { Digest } from '#domain/order.ts';
import type { CommandRequest, CommandResult, FillView, OrderView } from '#wire/matcher-api.ts';
import type { OperatorRequest } from '#wire/operator-request.ts';
import type { Engine } from './engine/engine.ts';

/** A command, and the order that it is about where it is about one. */
type Identity = { commandId: string; digest?: Digest };

export function identityOf(request: CommandRequest | OperatorRequest): Identity {
  if (request.type === 'place') return { commandId: request.digest, digest: request.digest };
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
  const order = orderOf(digest, engine);
  const fills: FillView[] = [];
  for (const event of events) {
    if (event.type !== 'trade') continue;
    if (event.takerDigest === digest) fills.push(takerFill(event));
    // What is left of an order may rest and meet those that it set off.
    else if (event.makerDigest === digest) fills.push(makerFill(event));
  }
  const { sequence } = opening;
  return order
    ? { status: 'accepted', commandId, sequence, order, fills }
    : { status: 'accepted', commandId, sequence, fills };
}

/** The result of a command that was applied before; undefined where none with its id is remembered. */
export function repeatedAnswer(
  { commandId, digest }: Identity,
  engine: Engine,
): CommandResult | undefined {
  const first = engine.firstResult(commandId);
  if (!first) return undefined;
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

/** A live order as it is now, or one that ended within the window. */
function orderOf(digest: Digest | undefined, engine: Engine): OrderView | undefined {
  return digest === undefined ? undefined : engine.order(digest);
}

type Trade = Extract<EngineEvent, { type: 'trade' }>;

export function takerFill(trade: Trade): FillView {
  const { takerDigest: digest, takerSide: side, takerFeeUnits: feeUnits } = trade;
  return { ...common(trade), digest, side, role: 'taker', feeUnits };
}

export function makerFill(trade: Trade): FillView {
  const { makerDigest: digest, makerFeeUnits: feeUnits } = trade;
  const side = trade.takerSide === 'buy' ? 'sell' : 'buy';
  return { ...common(trade), digest, side, role: 'maker', feeUnits };
}

function common({ sequence, marketId, atMs, priceTicks, sizeLots, quoteUnits }: Trade) {
  return { sequence, marketId, atMs, priceTicks, sizeLots, quoteUnits };
}
