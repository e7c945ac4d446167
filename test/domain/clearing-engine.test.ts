/** Clearing against the engine whose events it nets: what the ledger has frozen is what the engine has free and held. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type ClearedFrame, changeKey, frozenChange, netFrames } from '#domain/clearing.ts';
import type { Command } from '#domain/command.ts';
import type { EngineEvent } from '#domain/event.ts';
import { createEngine } from '../../containers/matcher/engine/matching-engine.ts';
import { address, TradingFloor } from '../engine/trading-floor.ts';

const fees = 'house:fees';
const accounts = ['alice', 'bob', 'cat'].map(address);

const deed = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.record({
      type: fc.constant('place' as const),
      order: fc.record({
        account: fc.constantFrom(...accounts),
        side: fc.constantFrom('buy' as const, 'sell' as const),
        limitTicks: fc.noBias(fc.integer({ min: 97, max: 103 })),
        sizeLots: fc.noBias(fc.integer({ min: 1, max: 30 })),
        timeInForce: fc.constantFrom('gtc' as const, 'ioc' as const),
        selfTrade: fc.constantFrom('expire_taker' as const, 'decrement' as const),
      }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('return' as const),
      account: fc.constantFrom(...accounts),
      asset: fc.constantFrom('ETH' as const, 'USDC' as const),
      units: fc.integer({ min: 1, max: 20_000 }),
    }),
  },
);

/** Frames of a few commands each. */
function framesOf(taken: { command: Command; events: EngineEvent[] }[], size: number) {
  const frames: ClearedFrame[] = [];
  for (let at = 0; at < taken.length; at += size) {
    const frame = frames.length + 1;
    frames.push({ frame, clock: frame, outcomes: taken.slice(at, at + size) });
  }
  return frames;
}

test.each([
  ['fees', 40],
  ['rebates', -60],
])(
  'after any run with %s for makers, what is frozen equals what the engine has free and held, and the house has the rest',
  (_, makerFeeBps) => {
    const story = fc.array(deed, { minLength: 1, maxLength: 60, size: 'max' });
    let trades = 0;
    fc.assert(
      fc.property(story, fc.integer({ min: 1, max: 9 }), (deeds, size) => {
        const floor = new TradingFloor(createEngine(), { makerFeeBps, takerFeeBps: 90 });
        const taken: { command: Command; events: EngineEvent[] }[] = [];
        const take = (events: EngineEvent[]) => {
          const command = floor.commands.at(-1);
          if (command) taken.push({ command, events });
        };
        for (const account of accounts) {
          take(floor.grant(account, 'USDC', 20_000));
          take(floor.grant(account, 'ETH', 200));
        }
        for (const each of deeds)
          take(
            each.type === 'place'
              ? floor.place(each.order)
              : floor.giveBack(each.account, each.asset, each.units),
          );
        const changes = netFrames(framesOf(taken, size), fees);
        const frozen = changes
          .filter((change) => change.account !== fees && frozenChange(change) !== 0n)
          .map((change) => [changeKey(change), Number(frozenChange(change))]);
        const engine = floor.engine
          .credits()
          .filter((credit) => credit.freeUnits + credit.heldUnits > 0)
          .map((credit) => [changeKey(credit), credit.freeUnits + credit.heldUnits]);
        expect(Object.fromEntries(frozen)).toEqual(Object.fromEntries(engine));
        const all = floor.events.filter((event) => event.type === 'trade');
        const charged = all.reduce((sum, each) => sum + each.makerFeeUnits + each.takerFeeUnits, 0);
        const house = changes.find((change) => change.account === fees);
        expect(house ? Number(frozenChange(house)) : 0).toBe(charged);
        trades += all.length;
      }),
      { numRuns: 150 },
    );
    expect(trades).toBeGreaterThan(100);
  },
);
