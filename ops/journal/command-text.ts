/** A command of the journal as one line. */
import { unreachable } from '#domain/assertion.ts';
import type { Command, PlaceOrder } from '#domain/command.ts';
import type { KnownTerms } from './known-terms.ts';

export function commandText(command: Command, terms: KnownTerms): string {
  switch (command.type) {
    case 'place':
      return `place ${command.commandId} ${command.account} ${placeText(command, terms)}`;
    case 'cancel':
      return `cancel ${command.digest} ${command.account}`;
    case 'amend':
      return `amend ${command.digest} ${command.account} to ${command.misfit ?? boundText(command)}`;
    case 'cancel_all': {
      const which = [command.marketId, command.side].filter((each) => each !== undefined);
      return `cancel_all ${command.account} ${which.join(' ') || 'every market'}`;
    }
    case 'cancel_all_after':
      return `cancel_all_after ${command.account} ${command.afterMs > 0 ? `in ${command.afterMs} ms` : 'disarmed'}`;
    case 'grant':
      return `grant ${command.grantNumber} ${command.account} ${terms.amount(command.asset, command.units)} clock ${command.clock}`;
    case 'return':
      return `return ${command.account} at most ${terms.amount(command.asset, command.units)}`;
    case 'list_market':
      return `list_market ${command.market.id} ${ordered(command)}`;
    case 'set_market_state':
      return `set_market_state ${command.marketId} ${command.state} ${ordered(command)}`;
    case 'define_fee_tier':
      return `define_fee_tier ${command.tier} maker ${command.makerFeeBps} bps taker ${command.takerFeeBps} bps ${ordered(command)}`;
    case 'assign_fee_tier':
      return `assign_fee_tier ${command.account} ${command.tier} ${ordered(command)}`;
    case 'tick':
    case 'continue':
      return command.type;
    default:
      return unreachable(command);
  }
}

const ordered = ({ by, why }: { by: string; why: string }): string => `by ${by}: ${why}`;

const boundText = ({ sizeLots, spendUnits }: { sizeLots: number; spendUnits: number }): string =>
  spendUnits > 0 ? `${spendUnits} units of money` : `${sizeLots} lots`;

function placeText(command: PlaceOrder, terms: KnownTerms): string {
  const { marketId, side, orderType, timeInForce, amounts } = command;
  const { limitTicks, sizeLots, spendUnits, triggerTicks, displayLots, misfit } = amounts;
  const size =
    spendUnits > 0 ? `for ${terms.money(marketId, spendUnits)}` : terms.size(marketId, sizeLots);
  const parts = [
    `${marketId} ${side} ${orderType} ${timeInForce}`,
    misfit ?? `${size} at ${terms.price(marketId, limitTicks)}`,
    triggerTicks > 0 && `trigger ${terms.price(marketId, triggerTicks)}`,
    displayLots > 0 && `shows ${terms.size(marketId, displayLots)}`,
    command.postOnly && 'post_only',
    command.selfTrade !== 'expire_taker' && `stp ${command.selfTrade}`,
    command.replaces !== undefined && `replaces ${command.replaces}`,
    command.clientOrderId !== undefined && `client id ${command.clientOrderId}`,
  ];
  return parts.filter(Boolean).join(' ');
}
