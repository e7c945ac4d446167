/**
 * Orders as traders say them: what follows `alice buys 5` or `alice spends 500`.
 *
 *     at 101                      a limit order (gtc)
 *     at market 101               a market order (ioc) with its worst price
 *     stop 105 at market 110      a stop; `profit 95 …` a take-profit
 *     stop 105 at 106             a stop_limit
 *     at 101 fok shows 2 post-only decrement called mine replacing alice#2 for 500 ms signed 20 ms ago paying 5 in BTC-USDC
 *     at 101 by phone up to 500    signed by a session key, by the leave of the delegation `phone` with this limit a day
 *     spending 500                bound by an amount of money beside its size, as no order may be
 */
import type { Cap, OrderType, SelfTradePrevention, Side, TimeInForce } from '#domain/order.ts';
import type { Placing } from '../trading-floor.ts';

type SpokenOrder = {
  placing: Placing;
  /** The name of the order that this one takes the place of. */
  replacing?: string;
  lifetimeMs?: number;
  ageMs: number;
};

const timesInForce = ['gtc', 'gtd', 'ioc', 'fok'];
const modes = ['expire_taker', 'expire_maker', 'expire_both', 'decrement'];

const fillers = ['ms', 'ago', 'up'];

export function orderOf(verb: string, amount: string, words: string[]): SpokenOrder {
  const heard: Placing = { side: sideOf(verb), ...amountOf(verb, Number(amount)) };
  const spoken: SpokenOrder = { placing: heard, ageMs: 0 };
  let isMarket = false;
  let condition: 'stop' | 'profit' | undefined;
  const rest = [...words];
  const next = () => rest.shift() ?? '';
  while (rest.length > 0) {
    const word = next();
    if (word === 'at') {
      isMarket = rest[0] === 'market';
      if (isMarket) next();
      heard.limitTicks = Number(next());
    } else if (word === 'stop' || word === 'profit') {
      condition = word;
      heard.triggerTicks = Number(next());
    } else if (timesInForce.includes(word)) heard.timeInForce = word as TimeInForce;
    else if (modes.includes(word)) heard.selfTrade = word as SelfTradePrevention;
    else if (word === 'post-only') heard.postOnly = true;
    else if (word === 'shows') heard.displayLots = Number(next());
    else if (word === 'called') heard.clientOrderId = next();
    else if (word === 'paying') heard.maxFeeBps = Number(next());
    else if (word === 'in') heard.marketId = next();
    else if (word === 'spending')
      Object.assign(heard, { cap: 'quote', spendUnits: Number(next()) });
    else if (word === 'misfit')
      Object.assign(heard, misfitOf(next(), heard.cap ?? (verb === 'spends' ? 'quote' : 'base')));
    else if (word === 'replacing') spoken.replacing = next();
    else if (word === 'by') heard.delegation = { digest: delegationDigest(next()), limitUnits: 0 };
    else if (word === 'to' && heard.delegation) heard.delegation.limitUnits = Number(next());
    else if (word === 'for') spoken.lifetimeMs = Number(next());
    else if (word === 'signed') spoken.ageMs = Number(next());
    else if (!fillers.includes(word)) throw new Error(`"${word}" in ${words.join(' ')}`);
  }
  heard.orderType = typeOf(isMarket, condition);
  heard.timeInForce ??= isMarket ? 'ioc' : 'gtc';
  return spoken;
}

/** The digest of a delegation that goes by a name. */
export function delegationDigest(name: string): string {
  return `0x${Buffer.from(name).toString('hex').padEnd(64, '0')}`;
}

/** Amounts that are no whole ticks or lots reach an engine as nothing but the rule that they break. */
function misfitOf(code: string, cap: Cap): Placing {
  const misfit = code as NonNullable<Placing['misfit']>;
  return { misfit, cap, limitTicks: 0, sizeLots: 0, spendUnits: 0 };
}

function sideOf(verb: string): Side {
  return verb === 'sells' ? 'sell' : 'buy';
}

function amountOf(verb: string, amount: number): Placing {
  return verb === 'spends' ? { spendUnits: amount } : { sizeLots: amount };
}

function typeOf(isMarket: boolean, condition: 'stop' | 'profit' | undefined): OrderType {
  if (condition === undefined) return isMarket ? 'market' : 'limit';
  const type = condition === 'stop' ? 'stop' : 'take_profit';
  return isMarket ? type : `${type}_limit`;
}
