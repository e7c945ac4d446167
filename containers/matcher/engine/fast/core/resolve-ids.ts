/** What TypeScript asks for before a request is applied: the rows that it names. Ids stay until the request was applied. */
import { findLine } from './credit-lines.ts';
import { leftOfDigest, rightOfDigest } from './digest-names.ts';
import { noAccount, noClient, noId, noLine, noMarket } from './engine-state.ts';
import { internId, settleId } from './id-table.ts';
import { isSell } from './order-traits.ts';
import { requestPlace } from './request-kind.ts';
import { ClientId, Id, Request } from './rows.ts';

/** The credit lines of a placement, as far as they are there. */
export function resolveLines(request: Request): void {
  const account = request.account;
  const market = request.market;
  request.holdLine = noLine;
  request.receiveLine = noLine;
  if (account === noAccount || market === noMarket) return;
  const sells = isSell(request.traits);
  request.holdLine = findLine(account, sells ? market.base : market.quote);
  request.receiveLine = findLine(account, sells ? market.quote : market.base);
}

/** The request's own id is the digest at `digestAt`. */
export function resolveId(request: Request): void {
  const id = internId();
  request.id = id;
  request.nameLeft = leftOfDigest(id);
  request.nameRight = rightOfDigest(id);
}

/** It names the order of the digest at `digestAt`. */
export function resolveTarget(request: Request): void {
  request.target = internId();
}

/** The same where TypeScript found the rows, of ids that are no digests. */
export function resolveTextId(request: Request, id: Id): void {
  id.pending += 1;
  request.id = id;
}

export function resolveTextTarget(request: Request, id: Id): void {
  id.pending += 1;
  request.target = id;
}

/** It was signed by the leave of the delegation at `digestAt`. */
export function resolveDelegation(request: Request): void {
  request.delegation = internId();
}

export function resolveTextDelegation(request: Request, id: Id): void {
  id.pending += 1;
  request.delegation = id;
}

/** Its order is to be called so. */
export function resolveClient(request: Request, client: ClientId): void {
  client.pending += 1;
  request.client = client;
}

/** The request was applied, or never will be. */
export function settleRequest(request: Request): void {
  if (request.kind === requestPlace && request.client !== noClient) request.client.pending -= 1;
  settleId(request.id);
  settleId(request.target);
  settleId(request.delegation);
  request.id = noId;
  request.target = noId;
  request.delegation = noId;
}
