/** What every engine promises, as drawn books: one suite, run over each implementation. */
import { describe, test } from 'vitest';
import type { Engine } from '../../containers/matcher/engine/engine.ts';
import { boundedCommands } from './behaviour-suite-bounds.ts';
import { publishedExamples } from './behaviour-suite-rules.ts';
import { selfTradeTable } from './behaviour-suite-self-trade.ts';
import { stateTable } from './behaviour-suite-states.ts';
import { amends, replaces } from './cases/amend-replace.ts';
import { asOthersDocument } from './cases/as-others-document.ts';
import { auctionEntry } from './cases/auction-entry.ts';
import { auctionPrice, auctionTimes, uncross } from './cases/auctions.ts';
import { bands } from './cases/bands.ts';
import { cancelAll, deadMansSwitch } from './cases/cancel-all.ts';
import { cascades, waitingStops } from './cases/cascades.ts';
import { delegations } from './cases/delegations.ts';
import {
  fillOrKill,
  fillOrKillBounds,
  fillOrKillByMoney,
  fillOrKillOwn,
} from './cases/fill-or-kill.ts';
import { icebergs } from './cases/iceberg.ts';
import { listing, marketStates } from './cases/market-states.ts';
import { fees, marketOrders, moneyOrders } from './cases/money.ts';
import { cancels, expiry, priority, timeInForce } from './cases/priority.ts';
import { type Cases, runScript } from './cases/script.ts';
import { decrement, selfTrade } from './cases/self-trade.ts';
import { triggers } from './cases/triggers.ts';
import { volatility } from './cases/volatility.ts';

const subjects: Record<string, Cases> = {
  priority,
  'time in force': timeInForce,
  'fill or kill': fillOrKill,
  'fill or kill by money': fillOrKillByMoney,
  'fill or kill and own orders': fillOrKillOwn,
  'fill or kill within bounds': fillOrKillBounds,
  'market orders': marketOrders,
  'orders by amount of money': moneyOrders,
  'fees, tiers and credit': fees,
  delegations,
  icebergs,
  'self-trade prevention': selfTrade,
  'self-trade prevention by decrement': decrement,
  cancels,
  expiry,
  amends,
  replaces,
  'cancel all': cancelAll,
  "dead man's switch": deadMansSwitch,
  'stops and take-profits': triggers,
  cascades,
  'stops in a halted market': waitingStops,
  'market states': marketStates,
  listing,
  'auction price': auctionPrice,
  uncross,
  'auction times': auctionTimes,
  'entry into an auction': auctionEntry,
  bands,
  'volatility interruption': volatility,
  'as others document it': asOthersDocument,
};

export function engineBehaviour(name: string, createEngine: () => Engine): void {
  describe(name, () => {
    for (const [subject, cases] of Object.entries(subjects)) {
      describe(subject, () => {
        test.each(Object.entries(cases))('%s', (_, script) => runScript(script, createEngine()));
      });
    }
    describe('changes of a market state', () => stateTable(createEngine));
    describe('the self-trade table', () => selfTradeTable(createEngine));
    describe('the examples of docs/market-rules.md', () => publishedExamples(createEngine));
    describe('bounds', () => boundedCommands(createEngine));
  });
}
