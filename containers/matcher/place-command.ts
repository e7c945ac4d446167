/** Turns a verified order into the engine's command, its amounts in ticks and lots by the market's terms of this moment. */
import type { PlaceOrder } from '#domain/command.ts';
import { type FittedAmounts, fitAmounts } from '#domain/order.ts';
import type { CommandRequest } from '#wire/matcher-api.ts';
import { parseTerms, type Terms } from '#wire/terms.ts';
import type { Engine } from './engine/engine.ts';

export type PlaceRequest = Extract<CommandRequest, { type: 'place' }>;

/** Undefined where the terms are no terms: whoever verified the order did not let that through. */
export function placeCommand(
  request: PlaceRequest,
  engine: Pick<Engine, 'market'>,
  nowMs: number,
): PlaceOrder | undefined {
  const { digest, order, signature, clientOrderId, delegation } = request;
  const terms = parseTerms(order.terms);
  if (!terms) return undefined;
  return {
    type: 'place',
    commandId: digest,
    nowMs,
    account: order.account,
    marketId: terms.marketId,
    side: order.side === 0 ? 'buy' : 'sell',
    orderType: terms.orderType,
    timeInForce: terms.timeInForce,
    postOnly: terms.postOnly,
    selfTrade: terms.selfTrade,
    cap: order.cap === 0 ? 'base' : 'quote',
    amounts: amountsOf(request, terms, engine),
    maxFeeBps: order.maxFeeBps,
    createdAtMs: order.createdAtMs,
    expiresAtMs: order.expiresAtMs,
    ...(clientOrderId === undefined ? {} : { clientOrderId }),
    ...(terms.replaces === undefined ? {} : { replaces: terms.replaces }),
    ...(delegation === undefined ? {} : { delegation }),
    signed: order,
    signature,
  };
}

function amountsOf(
  { order, delegation }: PlaceRequest,
  { marketId, orderType, trigger, display }: Terms,
  engine: Pick<Engine, 'market'>,
): FittedAmounts {
  const listed = engine.market(marketId);
  // The engine refuses an unknown market before it looks at an amount.
  if (!listed)
    return { limitTicks: 0, sizeLots: 0, spendUnits: 0, triggerTicks: 0, displayLots: 0 };
  return fitAmounts(
    {
      side: order.side === 0 ? 'buy' : 'sell',
      orderType,
      cap: order.cap === 0 ? 'base' : 'quote',
      baseAtoms: order.baseAmount,
      quoteAtoms: order.quoteAmount,
      ...(trigger === undefined ? {} : { trigger }),
      ...(display === undefined ? {} : { display }),
      isDelegated: delegation !== undefined,
    },
    listed.market,
    listed.base,
    listed.quote,
  );
}
