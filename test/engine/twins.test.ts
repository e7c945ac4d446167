/**
 * The production engine beside its naive twin, over random stories.
 * `CROSSBOOK_RUNS=20000` runs more of them, `CROSSBOOK_SEED=…` the same again. Where the two differ, the shrunk
 * story goes to `kept-stories.ts`, and either an engine or docs/market-rules.md is mended.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { engineRefusals } from '#domain/refusal.ts';
import { createEngine, restoreEngine } from '../../containers/matcher/engine/matching-engine.ts';
import { createNaiveEngine } from '../../containers/matcher/engine/naive/naive-engine.ts';
import { boundStories, keptStories } from './kept-stories.ts';
import { crowdedStory, quietStory, type Story } from './random-story.ts';
import { Reached } from './reached.ts';
import { Twins } from './twins.ts';

const runs = Number(process.env['CROSSBOOK_RUNS'] ?? 1_000);
// One of these costs as much as dozens of the others.
const crowdedRuns = Math.ceil(runs / 300);
const seed = Number(process.env['CROSSBOOK_SEED'] ?? Date.now() % 2 ** 31);
/** A story takes some 50 ms of a core, of which a run at the lowest priority gets a part. */
const timeout = 60_000 + runs * 600;

const maker = { create: () => createEngine(), restore: restoreEngine };

const live = (story: Story, listen = new Reached().hear) =>
  new Twins(maker, createNaiveEngine(), listen).live(story);

describe('the engine and its naive twin say the same after every command', () => {
  test.each(keptStories)('of $of', ({ story }) => live(story));

  test.each(boundStories)('of $of', ({ story, comesTo }) => {
    const reached = new Reached();
    live(story, reached.hear);
    expect(reached.missing(comesTo)).toEqual([]);
  });

  test(`of ${runs} stories from seed ${seed}`, { timeout }, () => {
    fc.assert(
      fc.property(quietStory, (story) => live(story)),
      { seed, numRuns: runs },
    );
  });

  test(`of ${crowdedRuns} crowded stories from seed ${seed}`, { timeout }, () => {
    fc.assert(
      fc.property(crowdedStory, (story) => live(story)),
      { seed, numRuns: crowdedRuns },
    );
  });
});

const modes = ['expire_taker', 'expire_maker', 'expire_both', 'decrement'];
const timesInForce = ['gtc', 'gtd', 'ioc', 'fok'];
const features = [
  ...['place', 'cancel', 'amend', 'cancel_all', 'cancel_all_after', 'grant', 'return', 'tick'],
  ...['list_market', 'set_market_state', 'define_fee_tier', 'assign_fee_tier'],
].map((type) => `command ${type}`);

/** What the stories must come to: all that an engine can be told and answer, and each rule that is more than one of those. */
const reachable = [
  ...features,
  ...['accepted', 'refused', 'trade', 'order_done', 'order_amended', 'order_triggered'].map(
    (type) => `event ${type}`,
  ),
  ...['credit_granted', 'credit_returned', 'market_listed', 'market_state_changed'].map(
    (type) => `event ${type}`,
  ),
  // The matcher says that it is not the leader; a thousand orders are what bound stories have.
  ...engineRefusals
    .filter((code) => code !== 'not_leader' && code !== 'too_many_open_orders')
    .map((code) => `refusal ${code}`),
  ...['filled', 'cancelled', 'expired', 'self_trade', 'halted'].map((reason) => `end ${reason}`),
  ...modes.flatMap((mode) => timesInForce.map((time) => `${mode} of ${time} meets its own`)),
  ...modes.map((mode) => `${mode} meets its own in an auction`),
  'state open by operator',
  'state auction by operator',
  'state cancel_only by operator',
  'state halted by operator',
  'state closed by operator',
  'state halted by volatility',
  'state auction by schedule',
  'state open by schedule',
  'an auction goes on',
  'an uncross trades',
  'an iceberg trades slice by slice',
  'a maker is paid',
  'an order expires in time',
  'an order is replaced',
  'an order by a delegation trades',
  'an order by a delegation trades the day after',
  'a switch fires',
  'one command sets off several',
  'one that entered trades before the next',
  'fok ends filled on entry',
  'fok ends expired on entry',
  'fok ends self_trade on entry',
];

test('the stories come to every command, event, refusal and rule', { timeout }, () => {
  const reached = new Reached();
  // The same every time: what is counted here does not hang on luck.
  for (const story of fc.sample(quietStory, { numRuns: 130, seed: 3 })) live(story, reached.hear);
  expect(reached.missing(reachable)).toEqual([]);
});
