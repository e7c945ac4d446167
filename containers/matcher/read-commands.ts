/**
 * Reads the body of `POST /commands`. What functions send is canonical, and nearly all of it are placements: those are read here,
 * byte by byte, in the very form that `commandJson` gives them. Whatever else comes is read by the schema, which also says what is
 * wrong: where this gives something, the schema gives the same.
 */
import type { SignedOrder } from '#domain/command.ts';
import type { CommandRequest } from '#wire/matcher-api.ts';
import { batchLimit, latestMs } from '#wire/order-body.ts';
import { parseTerms, termsLengthAtMost } from '#wire/terms.ts';
import { AsciiScanner } from './ascii-scanner.ts';

type PlaceRequest = Extract<CommandRequest, { type: 'place' }>;

const spelled = {
  commands: AsciiScanner.bytesOf('{"commands":['),
  next: AsciiScanner.bytesOf(','),
  end: AsciiScanner.bytesOf(']}'),
  type: AsciiScanner.bytesOf('{"type":"place","digest":"'),
  order: AsciiScanner.bytesOf('","order":{"account":"'),
  signer: AsciiScanner.bytesOf('","signer":"'),
  baseAsset: AsciiScanner.bytesOf('","baseAsset":"'),
  quoteAsset: AsciiScanner.bytesOf('","quoteAsset":"'),
  side: AsciiScanner.bytesOf('","side":'),
  cap: AsciiScanner.bytesOf(',"cap":'),
  baseAmount: AsciiScanner.bytesOf(',"baseAmount":"'),
  quoteAmount: AsciiScanner.bytesOf('","quoteAmount":"'),
  maxFeeBps: AsciiScanner.bytesOf('","maxFeeBps":'),
  createdAtMs: AsciiScanner.bytesOf(',"createdAtMs":'),
  expiresAtMs: AsciiScanner.bytesOf(',"expiresAtMs":'),
  epoch: AsciiScanner.bytesOf(',"epoch":"'),
  salt: AsciiScanner.bytesOf('","salt":"'),
  terms: AsciiScanner.bytesOf('","terms":"'),
  signature: AsciiScanner.bytesOf('"},"signature":"'),
  quote: AsciiScanner.bytesOf('"'),
  clientOrderId: AsciiScanner.bytesOf(',"clientOrderId":"'),
  delegation: AsciiScanner.bytesOf(',"delegation":{"digest":"'),
  limitUnits: AsciiScanner.bytesOf('","limitUnits":'),
  close: AsciiScanner.bytesOf('}'),
} as const;

const below64 = 1n << 64n;
const below128 = 1n << 128n;
const bpsAtMost = 10_000;
const clientOrderIdLength = 36;

/** Placements in canonical form, such as a frame can hold; undefined for anything else. */
export function readPlacements(body: Uint8Array): CommandRequest[] | undefined {
  const from = new AsciiScanner(body);
  if (!from.passes(spelled.commands)) return undefined;
  const read: PlaceRequest[] = [];
  do {
    const placement = readPlacement(from);
    if (!placement || read.length === batchLimit) return undefined;
    read.push(placement);
  } while (from.passes(spelled.next));
  return from.passes(spelled.end) && from.isAtEnd ? read : undefined;
}

function readPlacement(from: AsciiScanner): PlaceRequest | undefined {
  if (!from.passes(spelled.type)) return undefined;
  const digest = from.hex(32);
  const order = digest && readOrder(from);
  if (!order || !from.passes(spelled.signature)) return undefined;
  const signature = from.hex(65);
  if (!signature || !from.passes(spelled.quote)) return undefined;
  const placement: PlaceRequest = { type: 'place', digest, order, signature };
  if (from.passes(spelled.clientOrderId)) {
    const name = from.word(clientOrderIdLength);
    if (!name || !from.passes(spelled.quote)) return undefined;
    placement.clientOrderId = name;
  }
  if (from.passes(spelled.delegation)) {
    const delegation = readLimit(from);
    if (!delegation) return undefined;
    placement.delegation = delegation;
  }
  return from.passes(spelled.close) ? placement : undefined;
}

function readLimit(from: AsciiScanner): PlaceRequest['delegation'] {
  const digest = from.hex(32);
  if (!digest || !from.passes(spelled.limitUnits)) return undefined;
  const limitUnits = from.count();
  return limitUnits === undefined || !from.passes(spelled.close)
    ? undefined
    : { digest, limitUnits };
}

function readOrder(from: AsciiScanner): SignedOrder | undefined {
  const account = from.passes(spelled.order) ? from.knownHex(20) : undefined;
  const signer = account && from.passes(spelled.signer) ? from.knownHex(20) : undefined;
  const baseAsset = signer && from.passes(spelled.baseAsset) ? from.asset() : undefined;
  const quoteAsset = baseAsset && from.passes(spelled.quoteAsset) ? from.asset() : undefined;
  if (!account || !signer || !baseAsset || !quoteAsset) return undefined;
  const side = from.passes(spelled.side) ? from.count() : undefined;
  const cap = from.passes(spelled.cap) ? from.count() : undefined;
  if (!isBit(side) || !isBit(cap)) return undefined;
  const baseAmount = from.passes(spelled.baseAmount) ? from.bigCount(below128) : undefined;
  const quoteAmount = from.passes(spelled.quoteAmount) ? from.bigCount(below128) : undefined;
  if (baseAmount === undefined || quoteAmount === undefined) return undefined;
  const maxFeeBps = from.passes(spelled.maxFeeBps) ? from.count() : undefined;
  const createdAtMs = from.passes(spelled.createdAtMs) ? from.count() : undefined;
  const expiresAtMs = from.passes(spelled.expiresAtMs) ? from.count() : undefined;
  if (!isUpTo(bpsAtMost, maxFeeBps)) return undefined;
  if (!isUpTo(latestMs, createdAtMs) || !isUpTo(latestMs, expiresAtMs)) return undefined;
  const epoch = from.passes(spelled.epoch) ? from.bigCount(below64) : undefined;
  const salt = from.passes(spelled.salt) ? from.bigCount(below64) : undefined;
  const terms = from.passes(spelled.terms) ? from.knownText(termsLengthAtMost) : undefined;
  if (epoch === undefined || salt === undefined || terms === undefined) return undefined;
  if (parseTerms(terms) === undefined) return undefined;
  return {
    account,
    signer,
    baseAsset,
    quoteAsset,
    side,
    cap,
    baseAmount,
    quoteAmount,
    maxFeeBps,
    createdAtMs,
    expiresAtMs,
    epoch,
    salt,
    terms,
  };
}

const isBit = (value: number | undefined): value is 0 | 1 => value === 0 || value === 1;
const isUpTo = (most: number, value: number | undefined): value is number =>
  value !== undefined && value <= most;
