/** Which decision answers which route of `orders`. */
import type { ApiRequest } from '#cloud/http-edge.ts';
import { type SessionVerifier, signedIn } from '#cloud/session-token.ts';
import { type CancelPorts, cancelBySession, cancelBySignature } from './cancel-order.ts';
import { type OrderPorts, placeBatch, placeOrder } from './place-orders.ts';

export function orderRoutes(ports: OrderPorts & CancelPorts & { verifySession: SessionVerifier }) {
  return {
    'POST /v1/orders': (request: ApiRequest) => placeOrder(request, ports),
    'POST /v1/orders/batch': (request: ApiRequest) => placeBatch(request, ports),
    'POST /v1/orders/cancel': (request: ApiRequest) => cancelBySignature(request, ports),
    'DELETE /v1/orders/{digest}': signedIn(ports.verifySession, (request, session) =>
      cancelBySession(request, session, ports),
    ),
  };
}
