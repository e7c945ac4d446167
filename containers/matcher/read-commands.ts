/**
 * Reads the body of `POST /commands`. What functions send is canonical, and nearly all of it are placements: those are read here,
 * field by field. Whatever else comes is read by the schema, which also says what is wrong: where this gives something, the schema gives the same.
 */
import type { SignedOrder } from '#domain/command.ts';
import type { CommandRequest } from '#wire/matcher-api.ts';
import { batchLimit, latestMs } from '#wire/order-body.ts';
import { parseTerms, termsLengthAtMost } from '#wire/terms.ts';

type Json = Record<string, unknown>;
type PlaceRequest = Extract<CommandRequest, { type: 'place' }>;

/** Placements in canonical form, such as a frame can hold; undefined for anything else. */
export function readPlacements(body: unknown): CommandRequest[] | undefined {
  if (!hasFields(body, 1) || !Array.isArray(body['commands'])) return undefined;
  const commands: unknown[] = body['commands'];
  if (commands.length === 0 || commands.length > batchLimit) return undefined;
  const read: PlaceRequest[] = [];
  for (const command of commands) {
    const placement = readPlacement(command);
    if (!placement) return undefined;
    read.push(placement);
  }
  return read;
}

const digestLength = 66;
const addressLength = 42;
const signatureLength = 132;
const clientOrderIdForm = /^[A-Za-z0-9_-]{1,36}$/;

function readPlacement(json: unknown): PlaceRequest | undefined {
  if (typeof json !== 'object' || json === null) return undefined;
  const { type, digest, signature, clientOrderId, delegation } = json as Json;
  const isNamed = clientOrderId !== undefined;
  const isDelegated = delegation !== undefined;
  if (!hasFields(json, 4 + Number(isNamed) + Number(isDelegated)) || type !== 'place')
    return undefined;
  if (!isHex(digest, digestLength) || !isHex(signature, signatureLength)) return undefined;
  const order = readOrder(json['order']);
  if (!order) return undefined;
  const placement: PlaceRequest = { type: 'place', digest, order, signature };
  if (isNamed) {
    if (typeof clientOrderId !== 'string' || !clientOrderIdForm.test(clientOrderId))
      return undefined;
    placement.clientOrderId = clientOrderId;
  }
  if (isDelegated) {
    const limit = readLimit(delegation);
    if (!limit) return undefined;
    placement.delegation = limit;
  }
  return placement;
}

function readLimit(json: unknown): PlaceRequest['delegation'] {
  if (!hasFields(json, 2)) return undefined;
  const { digest, limitUnits } = json;
  if (!isHex(digest, digestLength) || !isCount(limitUnits)) return undefined;
  return { digest, limitUnits };
}

const isCount = (value: unknown): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0;
const isTime = (value: unknown): value is number => isCount(value) && value <= latestMs;
const isBit = (value: unknown): value is 0 | 1 => value === 0 || value === 1;
const bpsAtMost = 10_000;

function readOrder(json: unknown): SignedOrder | undefined {
  if (!hasFields(json, 14)) return undefined;
  const { account, signer, baseAsset, quoteAsset, side, cap, maxFeeBps, terms } = json;
  const { createdAtMs, expiresAtMs } = json;
  if (!isHex(account, addressLength) || !isHex(signer, addressLength)) return undefined;
  if (!isAsset(baseAsset) || !isAsset(quoteAsset) || !isBit(side) || !isBit(cap)) return undefined;
  if (!isTime(createdAtMs) || !isTime(expiresAtMs)) return undefined;
  if (!isTime(maxFeeBps) || maxFeeBps > bpsAtMost) return undefined;
  if (typeof terms !== 'string' || terms.length > termsLengthAtMost) return undefined;
  if (parseTerms(terms) === undefined) return undefined;
  const baseAmount = readInteger(json['baseAmount'], below128);
  const quoteAmount = readInteger(json['quoteAmount'], below128);
  const epoch = readInteger(json['epoch'], below64);
  const salt = readInteger(json['salt'], below64);
  if (baseAmount === undefined || quoteAmount === undefined) return undefined;
  if (epoch === undefined || salt === undefined) return undefined;
  return {
    ...{ account, signer: signer === account ? account : signer, baseAsset, quoteAsset },
    ...{ side, cap, baseAmount, quoteAmount },
    ...{ maxFeeBps, createdAtMs, expiresAtMs, epoch, salt, terms },
  };
}

/** Whether it is an object, and has so many fields: one too many is one that nobody knows. */
function hasFields(value: unknown, count: number): value is Json {
  if (typeof value !== 'object' || value === null) return false;
  let left = count;
  for (const _ in value) left -= 1;
  return left === 0;
}

/** `0x` and lower-case digits, of a length in all. */
function isHex(text: unknown, length: number): text is string {
  if (typeof text !== 'string' || text.length !== length || !text.startsWith('0x')) return false;
  for (let at = 2; at < length; at += 1) if (!isHexDigit(text.charCodeAt(at))) return false;
  return true;
}

const isHexDigit = (code: number): boolean =>
  (code >= 0x30 && code <= 0x39) || (code >= 0x61 && code <= 0x66);

const assetForm = /^0x(0|[1-9a-f][0-9a-f]{0,63})$/;
const isAsset = (text: unknown): text is string => typeof text === 'string' && assetForm.test(text);

const below64 = { digits: 20, limit: 1n << 64n };
const below128 = { digits: 39, limit: 1n << 128n };
const safeDigits = 15;

/** Decimal text without zeros in front. */
function readInteger(
  text: unknown,
  { digits, limit }: { digits: number; limit: bigint },
): bigint | undefined {
  if (typeof text !== 'string' || text.length === 0 || text.length > digits) return undefined;
  if (text.length > 1 && text.charCodeAt(0) === 0x30) return undefined;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code < 0x30 || code > 0x39) return undefined;
  }
  const value = BigInt(text);
  return text.length <= safeDigits || value < limit ? value : undefined;
}
