import { expect, test } from 'vitest';
import { doorRefusals, engineRefusals } from '#domain/refusal.ts';
import { refusalTable } from '#wire/refusal-status.ts';

const codes = [...engineRefusals, ...doorRefusals];

test('every code of the closed list has its row, and no other code has one', () => {
  expect(Object.keys(refusalTable).toSorted()).toEqual(codes.toSorted());
});

test('no code is listed twice', () => {
  expect(new Set(codes).size).toBe(codes.length);
});

test.each(codes)(
  '%s reads as words, is an error and says what is wrong in one sentence',
  (code) => {
    const { status, message } = refusalTable[code];
    expect(code).toMatch(/^[a-z]+(_[a-z]+)*$/);
    expect([400, 401, 403, 404, 405, 409, 413, 422, 429, 500, 503, 504]).toContain(status);
    expect(message).toMatch(/^[A-Za-z].*\.$/);
  },
);

test('the order of the engine’s list is the precedence that the market rules state', () => {
  expect(engineRefusals.join(' · ')).toBe(
    'not_leader · unknown_market · market_not_open · order_too_late · order_from_the_future · order_expired · ' +
      'duplicate_order · duplicate_client_order_id · price_off_tick · size_off_lot · size_too_small · ' +
      'notional_too_small · notional_too_large · price_outside_band · fee_above_signed · stop_would_trigger · ' +
      'post_only_would_cross · would_self_trade · too_many_open_orders · delegation_limit_reached · balance_too_low · ' +
      'fill_or_kill_unfilled · unknown_order · not_owner · size_not_smaller · market_has_orders · ' +
      'asset_has_other_terms · state_not_reachable · unknown_fee_tier',
  );
});
