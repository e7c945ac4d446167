/** The whole table of market states: from each to each. */
import { expect, test } from 'vitest';
import type { MarketState } from '#domain/market.ts';
import type { Engine } from '../../containers/matcher/engine/engine.ts';
import { DrawnBook } from './drawn-book.ts';

const leadsTo: Record<MarketState, MarketState[]> = {
  pre_open: ['open', 'auction', 'cancel_only', 'halted', 'closed'],
  open: ['auction', 'cancel_only', 'halted', 'closed'],
  auction: ['open', 'halted', 'closed'],
  cancel_only: ['open', 'auction', 'halted', 'closed'],
  halted: ['auction', 'closed'],
  closed: [],
};
const states = Object.keys(leadsTo) as MarketState[];

const changes = states.flatMap((from) =>
  states.map((to) => ({ from, to, verb: leadsTo[from].includes(to) ? 'leads' : 'does not lead' })),
);

export function stateTable(createEngine: () => Engine): void {
  test.each(changes)('$from $verb to $to', ({ from, to }) => {
    const book = new DrawnBook(createEngine(), '| bid | price | ask |', { state: from });
    const reachable = leadsTo[from].includes(to);
    expect(book.says(`market turns ${to}`)).toEqual([
      reachable ? `market is ${to} by operator` : 'refused state_not_reachable',
    ]);
    const [standing] = book.says('market?');
    expect(standing).toBe(`${reachable ? to : from}, last 0, reference 0`);
  });
}
