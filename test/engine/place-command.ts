/** Turns a verified order into the engine's command, its amounts in ticks and lots by the market's terms of this moment. */
import type { PlaceOrder } from '#domain/command.ts';
import { type FittedAmounts, fitAmounts, type SignedAmounts } from '#domain/order.ts';
import type { OrderTerms } from '#domain/raw-order.ts';
import type { PlaceRequest } from '#wire/matcher-api.ts';
import { parseTerms } from '#wire/terms.ts';
import type { Engine } from '../../containers/matcher/engine/engine.ts';

/** Undefined where the terms are no terms: whoever verified the order did not let that through. */
export function placeCommand(
  request: PlaceRequest,
  engine: Pick<Engine, 'market'>,
  nowMs: number,
): PlaceOrder | undefined {
  const { digest, order, signature, clientOrderId, delegation } = request;
  const terms = parseTerms(order.terms);
  if (!terms) return undefined;
  // Made field by field, as every order is: what is put together of parts is several times as dear.
  const command: PlaceOrder = {
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
    signed: order,
    signature,
  };
  if (clientOrderId !== undefined) command.clientOrderId = clientOrderId;
  if (terms.replaces !== undefined) command.replaces = terms.replaces;
  if (delegation !== undefined) command.delegation = delegation;
  return command;
}

function amountsOf(
  { order, delegation }: PlaceRequest,
  { marketId, orderType, trigger, display }: OrderTerms,
  engine: Pick<Engine, 'market'>,
): FittedAmounts {
  const listed = engine.market(marketId);
  // The engine refuses an unknown market before it looks at an amount.
  if (!listed)
    return { limitTicks: 0, sizeLots: 0, spendUnits: 0, triggerTicks: 0, displayLots: 0 };
  const signed: SignedAmounts = {
    side: order.side === 0 ? 'buy' : 'sell',
    orderType,
    cap: order.cap === 0 ? 'base' : 'quote',
    baseAtoms: order.baseAmount,
    quoteAtoms: order.quoteAmount,
    isDelegated: delegation !== undefined,
  };
  if (trigger !== undefined) signed.trigger = trigger;
  if (display !== undefined) signed.display = display;
  return fitAmounts(signed, listed.market, listed.base, listed.quote);
}
