import { expect, test } from 'vitest';
import { CrossbookError } from '#client/crossbook-error.ts';
import { answerOf, Told } from './told.ts';
import { ToldFloor } from './told-floor.ts';

/** A maker who rests, a taker who takes some of it, an order that is cancelled and one that is refused. */
function day() {
  const floor = new ToldFloor();
  const resting = floor.place('alice', 'sell', 100, 5);
  const taking = floor.place('bob', 'buy', 101, 2);
  const gone = floor.place('bob', 'buy', 90, 3);
  const cancel = floor.cancel('bob', gone);
  const refused = floor.place('alice', 'buy', 100, 1_000_000);
  return { floor, resting, taking, gone, cancel, refused };
}

const none = { lost: [], doubled: [], unsettled: [] };

test('a day without harm shows no difference', () => {
  expect(day().floor.differences()).toEqual(none);
});

test('an acknowledged order that the journal does not hold is lost', () => {
  const { floor, gone } = day();
  const shown = floor.book();
  const at = floor.outcomes.findIndex(({ command }) => command.commandId === gone);
  floor.outcomes.splice(at, 2);
  const { lost } = floor.differences(shown);
  expect(lost).toContainEqual(expect.stringContaining(`order ${gone} `));
  expect(lost).toContainEqual(expect.stringContaining('is not there'));
});

test('a fill that was told and is not in the journal is lost', () => {
  const { floor, taking } = day();
  const outcome = floor.outcomes.find(({ command }) => command.commandId === taking);
  if (outcome) outcome.events = outcome.events.filter(({ type }) => type !== 'trade');
  expect(floor.differences().lost).toContainEqual(expect.stringContaining('fill main-'));
});

test('a fill that was told with another price than the journal holds is lost', () => {
  const { floor } = day();
  const [fill] = floor.told.fills;
  if (fill) floor.told.fills[0] = { ...fill, price: '99' };
  expect(floor.differences().lost).toEqual([expect.stringContaining('was told otherwise')]);
});

test('a cancel that was acknowledged and did not happen is lost', () => {
  const { floor, gone } = day();
  const shown = floor.book();
  floor.outcomes.splice(-2);
  const { lost } = floor.differences(shown);
  expect(lost).toContainEqual(expect.stringContaining(`its order ${gone} is live`));
  expect(lost).toContainEqual(`order ${gone} was told to be cancelled; in the journal it is live`);
});

test('a command that the journal holds twice is doubled', () => {
  const { floor, gone } = day();
  const outcome = floor.outcomes.find(({ command }) => command.commandId === gone);
  const again = outcome?.events.map((event) => ({ ...event, sequence: event.sequence + 1_000 }));
  if (outcome && again) floor.outcomes.push({ ...outcome, events: again });
  expect(floor.differences().doubled).toContainEqual(expect.stringContaining('was taken at'));
});

test('an order whose client was told that nothing was taken, and which is in the journal, is doubled', () => {
  const { floor, gone } = day();
  const sent = floor.told.sent.find(({ commandId }) => commandId === gone);
  sent?.answers.splice(0, 1, { type: 'nothing_taken', code: 'unavailable' });
  expect(floor.differences().doubled).toEqual([expect.stringContaining('was never taken')]);
});

test('an order that was refused and is in the journal is doubled', () => {
  const { floor, gone } = day();
  floor.answer(gone, { type: 'refused', code: 'balance_too_low' });
  expect(floor.differences().doubled).toEqual([expect.stringContaining('refused balance_too_low')]);
});

test('two acceptances of one order at two places are doubled', () => {
  const { floor, resting } = day();
  floor.answer(resting, { type: 'accepted', sequence: 999, fills: [] });
  expect(floor.differences().doubled).toEqual([expect.stringContaining('at sequence 999')]);
});

test('nobody knows where an answer did not come: the order may be there or not', () => {
  const { floor, gone } = day();
  const sent = floor.told.sent.find(({ commandId }) => commandId === gone);
  sent?.answers.splice(0, 1, { type: 'nobody_knows', code: 'network_error' });
  expect(floor.differences()).toEqual(none);
});

test('a live order that the book does not show is lost, with its level', () => {
  const { floor, resting } = day();
  const { lost } = floor.differences({ open: [], levels: new Map() });
  expect(lost).toEqual([
    expect.stringContaining(`order ${resting} of`),
    'ETH-USDC sell 100 shows 0 of 3',
  ]);
});

test('an order and a level in the book that the journal has ended are doubled', () => {
  const { floor, gone } = day();
  const shown = floor.book();
  const [order] = shown.open;
  if (order) shown.open.push({ ...order, digest: gone });
  shown.levels.get('ETH-USDC')?.set('buy 90', '3');
  expect(floor.differences(shown).doubled).toEqual([
    expect.stringContaining(`order ${gone} of`),
    'ETH-USDC buy 90 shows 3 that nobody ordered',
  ]);
});

test('only the exchange itself can say that it took nothing; a gateway that gives up cannot', () => {
  const ours = { status: 503, requestId: 'r' };
  const typeOf = (code: string, more: { status?: number; requestId?: string }) =>
    answerOf(new CrossbookError(code, 'why', more)).type;
  expect(typeOf('unavailable', ours)).toBe('nothing_taken');
  expect(typeOf('unavailable', { status: 503 })).toBe('nobody_knows');
  expect(typeOf('outcome_unknown', { ...ours, status: 504 })).toBe('nobody_knows');
  expect(typeOf('network_error', {})).toBe('nobody_knows');
  expect(typeOf('balance_too_low', { ...ours, status: 422 })).toBe('refused');
});

test('the time without service is that of the worst pair group, to the end of the load', () => {
  const told = new Told();
  const span = { fromMs: 0, toMs: performance.now() + 5_000 };
  for (const groupId of ['main', 'other']) {
    const sent = { kind: 'order' as const, commandId: groupId, account: 'a', order: groupId };
    told.answered(told.send({ ...sent, groupId }), { type: 'accepted', sequence: 1, fills: [] });
  }
  expect(told.longestGapMs(span)).toBeGreaterThanOrEqual(4_900);
});
