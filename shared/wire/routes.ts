/** Which function answers which route: CDK makes the routes from this list, each function dispatches by the same keys. */

export const httpRoutes = {
  orders: [
    'POST /v1/orders',
    'POST /v1/orders/batch',
    'POST /v1/orders/cancel',
    'POST /v1/orders/cancel-all-after',
    'POST /v1/orders/amend',
    'PATCH /v1/orders/{digest}',
    'DELETE /v1/orders/{digest}',
    'DELETE /v1/orders',
  ],
  sessions: ['POST /v1/sessions/nonce', 'POST /v1/sessions'],
  markets: [
    'GET /v1/health',
    'GET /v1/time',
    'GET /v1/chain',
    'GET /v1/markets',
    'GET /v1/markets/{market}',
    'GET /v1/markets/{market}/depth',
    'GET /v1/markets/{market}/trades',
    'GET /v1/markets/{market}/candles',
    'GET /v1/markets/{market}/ticker',
  ],
  accounts: [
    'GET /v1/account/balances',
    'GET /v1/account/orders',
    'GET /v1/account/orders/{digest}',
    'GET /v1/account/fills',
    'GET /v1/account/entries',
    'GET /v1/account/deposits',
    'GET /v1/account/withdrawals',
    'GET /v1/account/settings',
    'PUT /v1/account/settings',
  ],
  withdrawals: ['POST /v1/account/withdrawals'],
  delegations: [
    'POST /v1/account/delegations',
    'GET /v1/account/delegations',
    'DELETE /v1/account/delegations/{digest}',
  ],
  statements: [
    'POST /v1/account/exports',
    'GET /v1/account/exports',
    'GET /v1/account/exports/{exportId}',
  ],
  liabilities: ['GET /v1/liabilities', 'GET /v1/account/liabilities'],
  faucet: ['POST /v1/faucet'],
} as const;

export type HttpFunction = keyof typeof httpRoutes;
export type RouteOf<F extends HttpFunction> = (typeof httpRoutes)[F][number];

/** The WebSocket API selects by `$request.body.action`; all routes belong to the `feed` function. */
export const webSocketRoutes = [
  '$connect',
  '$disconnect',
  '$default',
  'authenticate',
  'subscribe',
  'unsubscribe',
  'ping',
] as const;
