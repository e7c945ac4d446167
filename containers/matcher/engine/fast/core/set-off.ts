/** Which stops and take-profits a price sets off. */
import { noOrder } from './engine-state.ts';
import { waitsForRise } from './order-traits.ts';
import { dropLevel, noLevel } from './price-ladder.ts';
import { joinTriggered } from './resting.ts';
import { Level, Market } from './rows.ts';

/** Only a trade triggers: before the first there is no last price, and nothing holds. */
export function isReached(traits: i32, triggerTicks: i32, lastTicks: i32): bool {
  if (lastTicks === 0) return false;
  return waitsForRise(traits) ? lastTicks >= triggerTicks : lastTicks <= triggerTicks;
}

/** Whether the last price has reached the nearest trigger. */
export function isAnySetOff(market: Market): bool {
  const rising = market.rising;
  const falling = market.falling;
  if (rising.best !== noLevel && market.lastTicks >= rising.bestTicks) return true;
  return falling.best !== noLevel && market.lastTicks <= falling.bestTicks;
}

/** Those set off join those that wait: by rise, lowest trigger first, then by fall, highest first; at one trigger the older first. */
export function setOff(market: Market): void {
  const lastTicks = market.lastTicks;
  let level = market.rising.best;
  while (level !== noLevel && lastTicks >= level.ticks) {
    setOffLevel(market, level);
    level = market.rising.best;
  }
  level = market.falling.best;
  while (level !== noLevel && lastTicks <= level.ticks) {
    setOffLevel(market, level);
    level = market.falling.best;
  }
}

function setOffLevel(market: Market, level: Level): void {
  let order = level.head;
  while (order !== noOrder) {
    const next = order.behind;
    joinTriggered(market, order);
    order = next;
  }
  dropLevel(level);
}
