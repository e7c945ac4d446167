/** Turns what users and operators ask for, placements aside, into the engine's commands. */
import { assert, unreachable } from '#domain/assertion.ts';
import { atomsPerUnit } from '#domain/asset.ts';
import type { AmendOrder, Command } from '#domain/command.ts';
import type { MarketId } from '#domain/market.ts';
import type { Side } from '#domain/order.ts';
import type { CommandRequest } from '#wire/matcher-api.ts';
import type { Engine } from './engine/engine.ts';
import type { Request } from './sequencer-options.ts';

type CancelAllRequest = Extract<CommandRequest, { type: 'cancel_all' }>;
type AmendRequest = Extract<CommandRequest, { type: 'amend' }>;

export function requestCommand(
  request: Request,
  engine: Pick<Engine, 'order' | 'market'>,
  nowMs: number,
): Command {
  switch (request.type) {
    case 'cancel': {
      const { type, commandId, account, digest } = request;
      return { type, commandId, nowMs, account, digest };
    }
    case 'amend':
      return amendCommand(request, engine, nowMs);
    case 'cancel_all': {
      const { type, commandId, account } = request;
      assert(request.delegation === undefined, 'the engine does not cancel by delegation');
      return { type, commandId, nowMs, account, ...onlyOf(request) };
    }
    case 'set_market_state': {
      const { market: marketId, ...rest } = request;
      return { ...rest, nowMs, marketId };
    }
    case 'cancel_all_after':
    case 'list_market':
    case 'define_fee_tier':
    case 'assign_fee_tier':
      return { ...request, nowMs };
    default:
      return unreachable(request);
  }
}

/** What a request to cancel all is bound to. */
export function onlyOf({ market, side }: CancelAllRequest): { marketId?: MarketId; side?: Side } {
  return { ...(market ? { marketId: market } : {}), ...(side ? { side } : {}) };
}

/** The new amount in lots or units, by what bounds the live order; nothing where there is none: the engine then refuses it. */
function amendCommand(
  { commandId, account, digest, newAmount }: AmendRequest,
  engine: Pick<Engine, 'order' | 'market'>,
  nowMs: number,
): AmendOrder {
  const amend = { type: 'amend' as const, commandId, nowMs, account, digest };
  const order = engine.order(digest);
  if (!order) return { ...amend, sizeLots: 0, spendUnits: 0 };
  const listed = engine.market(order.marketId);
  assert(listed, `${digest} is of no listed market`);
  const { market, base, quote } = listed;
  const isByMoney = order.spendUnits > 0;
  const stepAtoms = isByMoney
    ? atomsPerUnit(quote)
    : BigInt(market.baseUnitsPerLot) * atomsPerUnit(base);
  if (newAmount % stepAtoms !== 0n)
    return { ...amend, sizeLots: 0, spendUnits: 0, misfit: 'size_off_lot' };
  const amount = countable(newAmount / stepAtoms);
  return isByMoney
    ? { ...amend, sizeLots: 0, spendUnits: amount }
    : { ...amend, sizeLots: amount, spendUnits: 0 };
}

/** An amount that is too large to count is as far from smaller as the largest that is not. */
const countable = (amount: bigint): number =>
  Number(amount < BigInt(Number.MAX_SAFE_INTEGER) ? amount : Number.MAX_SAFE_INTEGER);
