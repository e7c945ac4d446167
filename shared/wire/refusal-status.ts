/** One table from refusal to HTTP status and sentence; every surface answers from it. */
import type { Refusal } from '#domain/refusal.ts';

type Row = { status: number; message: string };

export const refusalTable: Record<Refusal, Row> = {
  not_leader: {
    status: 503,
    message: 'The matcher is being replaced; send the same request again.',
  },
  unknown_market: { status: 404, message: 'There is no such market.' },
  market_not_open: { status: 409, message: 'The market does not take this order now.' },
  order_too_late: {
    status: 422,
    message: 'The order was signed more than 60 s ago; sign it anew.',
  },
  order_from_the_future: {
    status: 422,
    message: 'createdAtMs lies more than 5 s ahead of the exchange.',
  },
  order_expired: { status: 422, message: 'expiresAtMs has passed.' },
  duplicate_order: { status: 409, message: 'This signed order was already sent.' },
  duplicate_client_order_id: {
    status: 409,
    message: 'A live order of yours has this clientOrderId.',
  },
  price_off_tick: { status: 422, message: 'The price is not on a tick of the market.' },
  size_off_lot: { status: 422, message: 'The size is not a whole number of lots.' },
  size_too_small: { status: 422, message: 'The size is below the smallest that the market takes.' },
  notional_too_small: { status: 422, message: 'The order is worth less than the market takes.' },
  notional_too_large: {
    status: 422,
    message: 'The order is worth more than the market takes or the exchange can count exactly.',
  },
  price_outside_band: { status: 422, message: 'The price is too far from the reference price.' },
  fee_above_signed: { status: 422, message: 'The fee is above the maxFeeBps that was signed.' },
  stop_would_trigger: { status: 422, message: 'The trigger has already been passed.' },
  post_only_would_cross: { status: 422, message: 'The post-only order would trade at once.' },
  would_self_trade: { status: 422, message: 'The order would trade with one of your own.' },
  too_many_open_orders: { status: 429, message: 'The account has as many open orders as it may.' },
  delegation_limit_reached: {
    status: 409,
    message:
      'The order is more than its delegation allows for this UTC day, or you trade by as many delegations as you may.',
  },
  balance_too_low: { status: 422, message: 'The account has not enough free funds.' },
  fill_or_kill_unfilled: { status: 422, message: 'The whole size could not be filled.' },
  unknown_order: { status: 404, message: 'There is no such live order.' },
  not_owner: { status: 403, message: 'That belongs to another account.' },
  size_not_smaller: {
    status: 422,
    message: 'An amendment makes an order smaller; replace it to change anything else.',
  },
  market_has_orders: {
    status: 409,
    message: 'Tick and lot stand while the market has live orders.',
  },
  asset_has_other_terms: {
    status: 409,
    message: "An asset's decimals and chain asset stand for ever.",
  },
  state_not_reachable: {
    status: 409,
    message: 'The market cannot go from its state to that one now.',
  },
  unknown_fee_tier: { status: 404, message: 'There is no such fee tier.' },
  malformed_json: { status: 400, message: 'The body is not JSON.' },
  invalid_request: { status: 400, message: 'The request breaks its schema; see details.' },
  body_too_large: { status: 413, message: 'The body is larger than 64 KB.' },
  unknown_field: {
    status: 400,
    message: 'The request has a field that does not exist; see details.',
  },
  invalid_terms: {
    status: 400,
    message:
      'The terms are not in their one spelling, MARKET TYPE TIME_IN_FORCE and attributes; see details.',
  },
  unknown_asset: { status: 404, message: 'There is no such asset.' },
  wrong_chain: { status: 422, message: 'The order names assets of another chain or market.' },
  bad_signature: {
    status: 401,
    message: 'The signature is not of this order, chain and contract.',
  },
  not_signer: { status: 403, message: 'The signer may not sign for this account.' },
  epoch_too_low: {
    status: 409,
    message: 'The account raised its epoch on the chain: sign again with the new one.',
  },
  delegation_expired: {
    status: 403,
    message: 'The Delegation has ended, or ends before the order does.',
  },
  delegation_revoked: { status: 403, message: 'The Delegation was revoked.' },
  market_not_delegated: { status: 403, message: 'The Delegation does not allow this market.' },
  fee_above_delegated: {
    status: 403,
    message: "The order's maxFeeBps is above the Delegation's.",
  },
  delegation_not_registered: {
    status: 409,
    message: 'The chain does not say, with finality, that the account registered this Delegation.',
  },
  too_many_delegations: {
    status: 429,
    message: 'The session key has as many Delegations as it may: take another key.',
  },
  session_required: { status: 401, message: 'Sign in first: POST /v1/sessions.' },
  session_expired: { status: 401, message: 'The session has ended; sign in again.' },
  bad_session: { status: 401, message: 'The session token is not ours.' },
  bad_nonce: { status: 401, message: 'The nonce is unknown, used or too old; fetch a new one.' },
  not_found: { status: 404, message: 'There is nothing here.' },
  method_not_allowed: { status: 405, message: 'This path does not take that method.' },
  too_many_requests: { status: 429, message: 'Too many requests; slow down.' },
  unknown_channel: { status: 400, message: 'There is no such channel.' },
  unknown_action: { status: 400, message: 'There is no such action.' },
  too_many_subscriptions: {
    status: 429,
    message: 'The connection has as many subscriptions as it may.',
  },
  order_cancelled: { status: 409, message: 'The order was cancelled before it entered the book.' },
  funds_are_leaving: {
    status: 409,
    message:
      'An exit on the chain takes more of this asset than the account has: give it up, or wait.',
  },
  export_id_taken: { status: 409, message: 'You have another export of this exportId.' },
  too_many_exports: {
    status: 429,
    message: 'You have as many exports as you may; see details.',
  },
  bad_recipient: { status: 422, message: 'Nothing can be paid to this address.' },
  bad_deadline: {
    status: 422,
    message:
      'deadlineMs is too near for a withdrawal to be paid, or further away than is taken; see details.',
  },
  amount_not_whole: {
    status: 422,
    message: 'The amount is no whole number of the units that the exchange counts in.',
  },
  withdrawal_limit_reached: {
    status: 429,
    message: 'The account has withdrawn as much of this asset as it may in a day; see details.',
  },
  busy: { status: 503, message: 'The exchange is busy; send the same request again shortly.' },
  unavailable: {
    status: 503,
    message: 'The exchange cannot be reached now; send the same request again.',
  },
  outcome_unknown: {
    status: 504,
    message: 'The answer did not come in time; send the same request again, it is taken only once.',
  },
  internal_error: { status: 500, message: 'Something failed on our side; the requestId finds it.' },
};

/** Every error that the API answers with. */
export type ErrorBody = { code: Refusal; message: string; requestId: string; details?: unknown };
