/** What TypeScript asks for before a request is applied: the rows that it names. Ids stay until the request was applied. */
import { accountAt, accountOf, homeOfAddress } from './account-table.ts';
import { findLine } from './credit-lines.ts';
import { leftOfDigest, rightOfDigest } from './digest-names.ts';
import {
  cancelTextsAt,
  noAccount,
  noClient,
  noId,
  noLine,
  noMarket,
  requestBytes,
} from './engine-state.ts';
import { readHex } from './hex-digits.ts';
import { homeOf, internId, internIdAt, readDigest, rowAt, settleId } from './id-table.ts';
import { isSell } from './order-traits.ts';
import { noteAhead, rowAhead } from './part-cursor.ts';
import { requestPlace } from './request-kind.ts';
import { idPool, readNextRows } from './row-pool.ts';
import { ClientId, Id, Request } from './rows.ts';
import { touch } from './touch.ts';

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

/** Where what a request names lies as bytes: its own digest, that of the order it names, 0 where it names none, and its account's address. */
@unmanaged
class RawNames {
  id: usize;
  target: usize;
  account: usize;
}

export const rawNamesBytes: usize = 12;
const digestCharacters: usize = 66;
const addressCharacters: usize = 42;
/** Of each, three places are noted together. */
const mostTogether: i32 = 16;

/** The same of requests that lie one behind the other, with the accounts and the orders that they name: where those stand is read together. */
export function resolveRaw(first: Request, names: usize, count: i32): void {
  assert(count <= mostTogether, 'too many requests to resolve together');
  readHomes(names, count);
  for (let nth = 0; nth < count; nth += 1) {
    const request = changetype<Request>(changetype<usize>(first) + <usize>nth * requestBytes);
    const raw = rawAt(names, nth);
    request.account = accountAt(raw.account);
    if (raw.target !== 0) request.target = internIdAt(raw.target);
    readDigest(raw.id);
    resolveId(request);
    if (request.kind === requestPlace) resolveLines(request);
  }
}

function readHomes(names: usize, count: i32): void {
  for (let nth = 0; nth < count; nth += 1) {
    const raw = rawAt(names, nth);
    const home = homeOf(raw.id);
    const place = nth * 3;
    noteAhead(place, home);
    noteAhead(place + 1, raw.target === 0 ? home : homeOf(raw.target));
    noteAhead(place + 2, homeOfAddress(raw.account));
  }
  for (let nth = 0; nth < count * 3; nth += 3) {
    noteAhead(nth, changetype<usize>(rowAt(rowAhead(nth))));
    noteAhead(nth + 1, changetype<usize>(rowAt(rowAhead(nth + 1))));
    noteAhead(nth + 2, changetype<usize>(accountOf(rowAhead(nth + 2))));
  }
  for (let nth = 0; nth < count * 3; nth += 3) {
    touch<usize>(rowAhead(nth), 0);
    touch<usize>(rowAhead(nth + 1), 0);
    touch<usize>(rowAhead(nth + 2), 0);
    touch<usize>(rowAhead(nth + 2), 1);
  }
  readNextRows(idPool, count);
}

function rawAt(names: usize, nth: i32): RawNames {
  return changetype<RawNames>(names + <usize>nth * rawNamesBytes);
}

/** Reads the texts of what a cancel names; false where they are not two digests and an address. */
export function readCancelTexts(raw: RawNames): bool {
  const ofAccount = cancelTextsAt + digestCharacters;
  const isDigest = readHex(cancelTextsAt, digestCharacters, raw.id);
  const isAddress = readHex(ofAccount, addressCharacters, raw.account);
  return (
    readHex(ofAccount + addressCharacters, digestCharacters, raw.target) && isDigest && isAddress
  );
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
