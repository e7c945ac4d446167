/** A command as the core works with it: rows for names, words for digests, in a request that is filled again and again. */
import type { Command } from '#domain/command.ts';

/** By the numbers that the core has for them. */
export const requestKinds: Command['type'][] = [
  'place',
  'cancel',
  'amend',
  'cancel_all',
  'cancel_all_after',
  'grant',
  'return',
  'list_market',
  'set_market_state',
  'define_fee_tier',
  'assign_fee_tier',
  'tick',
  'continue',
];

/** What did not fit when the amounts were converted, by the numbers that the core has for it. */
export const misfits = ['none', 'price_off_tick', 'size_off_lot', 'notional_too_large'] as const;

/** The code of a command that was accepted. */
export const accepted = -1;
