/** Which decision answers which route of `orders`. */
import type { ApiAnswer, ApiRequest } from '#cloud/http-edge.ts';
import { type Session, type SessionVerifier, signedIn } from '#cloud/session-token.ts';
import { amendBySession, amendBySignature } from './amend-order.ts';
import { cancelAll, cancelAllAfter } from './cancel-all.ts';
import { type CommandPorts, cancelBySession, cancelBySignature } from './cancel-order.ts';
import { type OrderPorts, placeBatch, placeOrder } from './place-orders.ts';

type OwnRoute = (request: ApiRequest, session: Session, ports: CommandPorts) => Promise<ApiAnswer>;

export function orderRoutes(ports: OrderPorts & CommandPorts & { verifySession: SessionVerifier }) {
  const own = (route: OwnRoute) =>
    signedIn(ports.verifySession, (request, session) => route(request, session, ports));
  return {
    'POST /v1/orders': (request: ApiRequest) => placeOrder(request, ports),
    'POST /v1/orders/batch': (request: ApiRequest) => placeBatch(request, ports),
    'POST /v1/orders/cancel': (request: ApiRequest) => cancelBySignature(request, ports),
    'POST /v1/orders/amend': (request: ApiRequest) => amendBySignature(request, ports),
    'POST /v1/orders/cancel-all-after': own(cancelAllAfter),
    'DELETE /v1/orders': own(cancelAll),
    'DELETE /v1/orders/{digest}': own(cancelBySession),
    'PATCH /v1/orders/{digest}': own(amendBySession),
  };
}
