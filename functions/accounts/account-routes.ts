/** Which decision answers which route of `accounts`; all of them are for signed-in users only. */
import type { ApiAnswer, ApiRequest } from '#cloud/http-edge.ts';
import { type Session, type SessionVerifier, signedIn } from '#cloud/session-token.ts';
import type { AccountPorts } from './account-ports.ts';
import { showBalances } from './balances.ts';
import { listDeposits, listWithdrawals } from './own-funding.ts';
import { listEntries, listFills } from './own-history.ts';
import { listOrders, showOrder } from './own-orders.ts';
import { changeSettings, showSettings } from './own-settings.ts';

type OwnRoute = (request: ApiRequest, session: Session, ports: AccountPorts) => Promise<ApiAnswer>;

export function accountRoutes(ports: AccountPorts & { verifySession: SessionVerifier }) {
  const own = (route: OwnRoute) =>
    signedIn(ports.verifySession, (request, session) => route(request, session, ports));
  return {
    'GET /v1/account/balances': own((_, session) => showBalances(session, ports)),
    'GET /v1/account/orders': own(listOrders),
    'GET /v1/account/orders/{digest}': own(showOrder),
    'GET /v1/account/fills': own(listFills),
    'GET /v1/account/entries': own(listEntries),
    'GET /v1/account/deposits': own(listDeposits),
    'GET /v1/account/withdrawals': own(listWithdrawals),
    'GET /v1/account/settings': own((_, session) => showSettings(session, ports)),
    'PUT /v1/account/settings': own(changeSettings),
  };
}
