/** Which decision answers which route of `delegations`. */
import type { ApiAnswer, ApiRequest } from '#cloud/http-edge.ts';
import { type Session, type SessionVerifier, signedIn } from '#cloud/session-token.ts';
import { endDelegation, listDelegations, type OwnPorts } from './own-delegations.ts';
import { type RegisterPorts, registerDelegation } from './register-delegation.ts';

type OwnRoute = (request: ApiRequest, session: Session, ports: OwnPorts) => Promise<ApiAnswer>;

export function delegationRoutes(
  ports: RegisterPorts & OwnPorts & { verifySession: SessionVerifier },
) {
  const own = (route: OwnRoute) =>
    signedIn(ports.verifySession, (request, session) => route(request, session, ports));
  return {
    // The owner's signature is all it takes: who cannot sign in may still delegate.
    'POST /v1/account/delegations': (request: ApiRequest) => registerDelegation(request, ports),
    'GET /v1/account/delegations': own(listDelegations),
    'DELETE /v1/account/delegations/{digest}': own(endDelegation),
  };
}
