import { describe, expect, test } from 'vitest';
import { type EngineRefusal, engineRefusals } from '#domain/refusal.ts';
import type { Engine } from '../../containers/matcher/engine/engine.ts';
import { openOrdersPerAccount } from '../../containers/matcher/engine/limits.ts';
import { createEngine } from '../../containers/matcher/engine/matching-engine.ts';
import { createNaiveEngine } from '../../containers/matcher/engine/naive/naive-engine.ts';
import { changeRefusals, operatorRefusals, placementRefusals } from './cases/refusals.ts';
import { runScript } from './cases/script.ts';
import { DrawnBook } from './drawn-book.ts';

const subjects = {
  'a placement': placementRefusals,
  'another command of a trader': changeRefusals,
  "an operator's command": operatorRefusals,
};
const scripts = Object.values(subjects).flatMap((cases) => Object.values(cases));

/** The matcher alone knows who leads; a thousand orders are no case for a script. */
const shownElsewhere: EngineRefusal[] = ['not_leader', 'too_many_open_orders'];

test.each(engineRefusals.filter((code) => !shownElsewhere.includes(code)))(
  '%s is shown',
  (code) => {
    expect(
      scripts.some((script) => script.includes(`refused ${code}\n`) || script.endsWith(code)),
    ).toBe(true);
  },
);

// Each refusal of a drawn book is checked to leave the state hash as it was.
function refusals(newEngine: () => Engine): void {
  describe.each(Object.entries(subjects))('%s', (_, cases) => {
    test.each(Object.entries(cases))('%s', (__, script) => runScript(script, newEngine()));
  });

  test('too_many_open_orders comes behind post_only_would_cross and before delegation_limit_reached', () => {
    const book = new DrawnBook(newEngine(), '| bid | price | ask |\n| | 102 | bob 9 |');
    book.watched.isWatched = false;
    book.says('alice is granted 100000 USDC');
    for (let count = 0; count < openOrdersPerAccount; count += 1) book.says('alice buys 1 at 99');
    book.watched.isWatched = true;
    expect(book.says('alice buys 99 at 102 post-only')).toEqual(['refused post_only_would_cross']);
    expect(book.says('alice buys 99 at 102')).toEqual(['refused too_many_open_orders']);
    const delegated = 'by phone up to 10097';
    expect(book.says(`alice buys 99 at 102 ${delegated}`)).toEqual([
      'refused too_many_open_orders',
    ]);
    expect(book.says(`alice buys 99 at 102 ioc ${delegated}`)).toEqual([
      'refused delegation_limit_reached',
    ]);
    expect(book.says('alice buys 99 at 102 ioc')).toEqual(['refused balance_too_low']);
  });
}

describe('the matching engine', () => refusals(createEngine));
describe('its naive twin', () => refusals(createNaiveEngine));
