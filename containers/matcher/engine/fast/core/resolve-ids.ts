/** What TypeScript asks for before a request is applied: the rows that it names. Ids stay until the request was applied. */
import { findLine } from './credit-lines.ts';
import { leftOfDigest, rightOfDigest } from './digest-names.ts';
import {
  noAccount,
  noClient,
  noId,
  noLine,
  noMarket,
  requestBytes,
  state,
} from './engine-state.ts';
import { homeOf, internId, internIdAt, readDigest, rowAt, settleId } from './id-table.ts';
import { isSell } from './order-traits.ts';
import { noteAhead, rowAhead } from './part-cursor.ts';
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

/** Where a request's digests lie as bytes: its own, and that of the order it names; 0 where it names none. */
@unmanaged
class RawIds {
  id: usize;
  target: usize;
}

const rawIdsLog = 3;
/** Their places are noted together, two of each. */
const mostTogether: i32 = 16;

/** The same of requests that lie one behind the other, with the orders that they name: where those ids stand is read together. */
export function resolveRawIds(first: Request, ids: usize, count: i32): void {
  assert(count <= mostTogether, 'too many requests to resolve together');
  readHomes(ids, count);
  for (let nth = 0; nth < count; nth += 1) {
    const request = changetype<Request>(changetype<usize>(first) + <usize>nth * requestBytes);
    const raw = rawIdsAt(ids, nth);
    if (raw.target !== 0) request.target = internIdAt(raw.target);
    readDigest(raw.id);
    resolveId(request);
  }
}

function readHomes(ids: usize, count: i32): void {
  for (let nth = 0; nth < count; nth += 1) {
    const raw = rawIdsAt(ids, nth);
    const home = homeOf(raw.id);
    noteAhead(nth << 1, home);
    noteAhead((nth << 1) + 1, raw.target === 0 ? home : homeOf(raw.target));
  }
  const homes = count << 1;
  for (let nth = 0; nth < homes; nth += 1) noteAhead(nth, changetype<usize>(rowAt(rowAhead(nth))));
  let read: i32 = 0;
  for (let nth = 0; nth < homes; nth += 1) read += changetype<Id>(rowAhead(nth)).hash;
  state.readAhead = read;
}

function rawIdsAt(ids: usize, nth: i32): RawIds {
  return changetype<RawIds>(ids + ((<usize>nth) << rawIdsLog));
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
