/** Which decision answers which route of `statements`; all of them are for signed-in users only. */
import type { ApiAnswer, ApiRequest } from '#cloud/http-edge.ts';
import { type Session, type SessionVerifier, signedIn } from '#cloud/session-token.ts';
import { type AskPorts, askExport } from './ask-export.ts';
import { listExports, type ShowPorts, showExport } from './show-exports.ts';

export type StatementPorts = Omit<AskPorts & ShowPorts, 'exports'> & {
  exports: AskPorts['exports'] & ShowPorts['exports'];
};
type OwnRoute = (
  request: ApiRequest,
  session: Session,
  ports: StatementPorts,
) => Promise<ApiAnswer>;

export function statementRoutes(ports: StatementPorts & { verifySession: SessionVerifier }) {
  const own = (route: OwnRoute) =>
    signedIn(ports.verifySession, (request, session) => route(request, session, ports));
  return {
    'POST /v1/account/exports': own(askExport),
    'GET /v1/account/exports': own((_, session) => listExports(session, ports)),
    'GET /v1/account/exports/{exportId}': own(showExport),
  };
}
