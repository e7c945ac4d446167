/** Every reason for which the exchange says no. One closed list; its order is the precedence of the checks; no code is ever renamed. */

/** What the engine may answer, in order of precedence. */
export const engineRefusals = [
  'not_leader',
  'unknown_market',
  'market_not_open',
  'order_too_late',
  'order_from_the_future',
  'order_expired',
  'duplicate_order',
  'duplicate_client_order_id',
  'price_off_tick',
  'size_off_lot',
  'size_too_small',
  'notional_too_small',
  'notional_too_large',
  'price_outside_band',
  'fee_above_signed',
  'stop_would_trigger',
  'post_only_would_cross',
  'would_self_trade',
  'too_many_open_orders',
  'delegation_limit_reached',
  'balance_too_low',
  'fill_or_kill_unfilled',
  'unknown_order',
  'not_owner',
  'size_not_smaller',
  'market_has_orders',
  'asset_has_other_terms',
  'state_not_reachable',
  'unknown_fee_tier',
] as const;

/** The same by their numbers in journals, snapshots and hashes: whatever comes into the list above comes to the end of this one. */
export const numberedRefusals: readonly EngineRefusal[] = [
  ...engineRefusals.filter((code) => code !== 'delegation_limit_reached'),
  'delegation_limit_reached',
];

/** What the doors before the engine may answer. */
export const doorRefusals = [
  'malformed_json',
  'invalid_request',
  'body_too_large',
  'unknown_field',
  'invalid_terms',
  'unknown_asset',
  'wrong_chain',
  'bad_signature',
  'not_signer',
  'epoch_too_low',
  'delegation_expired',
  'delegation_revoked',
  'market_not_delegated',
  'fee_above_delegated',
  'delegation_not_registered',
  'too_many_delegations',
  'session_required',
  'session_expired',
  'bad_session',
  'bad_nonce',
  'not_found',
  'method_not_allowed',
  'too_many_requests',
  'unknown_channel',
  'unknown_action',
  'too_many_subscriptions',
  'order_cancelled',
  'funds_are_leaving',
  'export_id_taken',
  'too_many_exports',
  'bad_recipient',
  'bad_deadline',
  'amount_not_whole',
  'withdrawal_limit_reached',
  'busy',
  'unavailable',
  'outcome_unknown',
  'internal_error',
] as const;

export type EngineRefusal = (typeof engineRefusals)[number];
export type DoorRefusal = (typeof doorRefusals)[number];
export type Refusal = EngineRefusal | DoorRefusal;
