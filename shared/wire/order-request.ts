/**
 * The body of `POST /orders`: new orders as functions send them to a matcher (docs/matcher-api.md). All but texts lies in it as the
 * journal will have it, so that its reader makes one object an order and no text.
 */
import { assert } from '#domain/assertion.ts';
import type { DelegatedLimit } from '#domain/command.ts';
import type { Address, Digest } from '#domain/order.ts';
import { type RawOrder, rawOrderAt } from '#domain/raw-order.ts';
import { delegationsOfKeyAtMost } from './delegation-body.ts';
import { toHex, writeHex } from './hex-digits.ts';
import type { PlaceRequest } from './matcher-api.ts';
import { batchLimit, latestMs } from './order-body.ts';
import { asciiText, type OrderText, readOrderText } from './order-texts.ts';

const version = 1;

const [digestBytes, addressBytes, signatureBytes, limitBytes] = [32, 20, 65, 8];
/** What follows the fixed part of `rawOrderAt`, from where the order begins; texts are places in the request's table. */
const behindAt = {
  createdAtMs: 185,
  expiresAtMs: 191,
  maxFeeBps: 197,
  flags: 199,
  baseAsset: 200,
  quoteAsset: 201,
  terms: 202,
} as const;
const orderBytes = 203;

const flag = { sell: 1, quoteCap: 2, clientOrderId: 4, delegation: 8, delegations: 16 } as const;
const allFlags = 31;
const plainFlags = flag.sell | flag.quoteCap;

const bpsAtMost = 10_000;
const clientOrderIdBytes = 36;
const textsAtMost = 3 * batchLimit;

/** Characters of an owner's name for an order, by their codes. */
const isNameCharacter = Uint8Array.from({ length: 256 }, (_, code) =>
  /[A-Za-z0-9_-]/.test(String.fromCharCode(code)) ? 1 : 0,
);

/** Undefined where it is not well formed: no function sent it. The orders keep the body. */
export function readOrderRequest(body: Uint8Array): RawOrder[] | undefined {
  return new RequestReader(body).read();
}

export function encodeOrderRequest(orders: readonly PlaceRequest[]): Uint8Array {
  assert(orders.length > 0 && orders.length <= batchLimit, `${orders.length} orders in a request`);
  const texts = new Map<string, number>();
  for (const { order } of orders)
    for (const text of [order.baseAsset, order.quoteAsset, order.terms])
      if (!texts.has(text)) texts.set(text, texts.size);
  const to = new RequestWriter(lengthOf(orders, texts.keys()));
  to.uint(version, 1);
  to.uint(texts.size, 1);
  for (const text of texts.keys()) {
    to.uint(text.length, 2);
    to.ascii(text);
  }
  to.uint(orders.length, 1);
  for (const order of orders) writeOrder(to, order, texts);
  return to.written();
}

/** The same with texts: for what is rare. */
export function placeRequestOf(order: RawOrder): PlaceRequest {
  const { bytes, at, side, cap, clientOrderId, delegation, delegations } = order;
  const request: PlaceRequest = {
    type: 'place',
    digest: digestOf(order),
    order: {
      account: accountOf(order),
      signer: hexAt(bytes, at + rawOrderAt.signer, addressBytes),
      baseAsset: order.baseAsset,
      quoteAsset: order.quoteAsset,
      side: side === 'buy' ? 0 : 1,
      cap: cap === 'base' ? 0 : 1,
      baseAmount: bigUintAt(bytes, at + rawOrderAt.baseAmount, 16),
      quoteAmount: bigUintAt(bytes, at + rawOrderAt.quoteAmount, 16),
      maxFeeBps: order.maxFeeBps,
      createdAtMs: order.createdAtMs,
      expiresAtMs: order.expiresAtMs,
      epoch: bigUintAt(bytes, at + rawOrderAt.epoch, 8),
      salt: bigUintAt(bytes, at + rawOrderAt.salt, 8),
      terms: order.termsText,
    },
    signature: hexAt(bytes, at + rawOrderAt.signature, signatureBytes),
  };
  if (clientOrderId !== undefined) request.clientOrderId = clientOrderId;
  if (delegation !== undefined) request.delegation = delegation;
  if (delegations !== undefined) request.delegations = [...delegations];
  return request;
}

export const digestOf = ({ bytes, at }: RawOrder): Digest =>
  hexAt(bytes, at + rawOrderAt.digest, digestBytes);
export const accountOf = ({ bytes, at }: RawOrder): Address =>
  hexAt(bytes, at + rawOrderAt.account, addressBytes);

const hexAt = (bytes: Uint8Array, at: number, length: number): string =>
  toHex(bytes.subarray(at, at + length));
const bigUintAt = (bytes: Uint8Array, at: number, length: number): bigint =>
  BigInt(hexAt(bytes, at, length));

class RequestReader {
  readonly #bytes: Uint8Array;
  #at = 0;
  readonly #texts: OrderText[] = [];

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  read(): RawOrder[] | undefined {
    if (this.#byte() !== version || !this.#readTexts()) return undefined;
    const count = this.#byte();
    if (count < 1 || count > batchLimit) return undefined;
    const orders: RawOrder[] = [];
    for (let nth = 0; nth < count; nth += 1) {
      const order = this.#readOrder();
      if (order === undefined) return undefined;
      orders.push(order);
    }
    return this.#at === this.#bytes.length ? orders : undefined;
  }

  #readTexts(): boolean {
    const bytes = this.#bytes;
    const count = this.#byte();
    if (count > textsAtMost) return false;
    for (let nth = 0; nth < count; nth += 1) {
      const from = this.#at + 2;
      if (from > bytes.length) return false;
      const end = from + uint16At(bytes, this.#at);
      const text = end > bytes.length ? undefined : readOrderText(bytes, from, end);
      if (text === undefined) return false;
      this.#texts.push(text);
      this.#at = end;
    }
    return true;
  }

  #readOrder(): RawOrder | undefined {
    const bytes = this.#bytes;
    const at = this.#at;
    if (!this.#passes(orderBytes)) return undefined;
    const createdAtMs = uint48At(bytes, at + behindAt.createdAtMs);
    const expiresAtMs = uint48At(bytes, at + behindAt.expiresAtMs);
    const maxFeeBps = uint16At(bytes, at + behindAt.maxFeeBps);
    if (createdAtMs > latestMs || expiresAtMs > latestMs) return undefined;
    if (maxFeeBps > bpsAtMost) return undefined;
    const base = this.#texts[bytes[at + behindAt.baseAsset] as number];
    const quote = this.#texts[bytes[at + behindAt.quoteAsset] as number];
    const said = this.#texts[bytes[at + behindAt.terms] as number];
    if (base === undefined || base.terms !== undefined) return undefined;
    if (quote === undefined || quote.terms !== undefined) return undefined;
    if (said?.terms === undefined) return undefined;
    const flags = bytes[at + behindAt.flags] as number;
    const order: RawOrder = {
      bytes,
      at,
      side: (flags & flag.sell) === 0 ? 'buy' : 'sell',
      cap: (flags & flag.quoteCap) === 0 ? 'base' : 'quote',
      maxFeeBps,
      createdAtMs,
      expiresAtMs,
      baseAsset: base.text,
      quoteAsset: quote.text,
      termsText: said.text,
      terms: said.terms,
      clientOrderId: undefined,
      delegation: undefined,
      delegations: undefined,
    };
    const isPlain = (flags & ~plainFlags) === 0;
    return isPlain || this.#readOptional(order, flags) ? order : undefined;
  }

  #readOptional(order: RawOrder, flags: number): boolean {
    if (flags > allFlags) return false;
    if ((flags & flag.clientOrderId) > 0) order.clientOrderId = this.#readName();
    if ((flags & flag.delegation) > 0) order.delegation = this.#readLimit();
    if ((flags & flag.delegations) > 0) order.delegations = this.#readDigests();
    const isRead = (bit: number, part: unknown) => (flags & bit) === 0 || part !== undefined;
    return (
      isRead(flag.clientOrderId, order.clientOrderId) &&
      isRead(flag.delegation, order.delegation) &&
      isRead(flag.delegations, order.delegations)
    );
  }

  #readName(): string | undefined {
    const bytes = this.#bytes;
    const length = this.#byte();
    const from = this.#at;
    if (length < 1 || length > clientOrderIdBytes || !this.#passes(length)) return undefined;
    for (let at = from; at < this.#at; at += 1)
      if (isNameCharacter[bytes[at] as number] === 0) return undefined;
    return asciiText(bytes, from, this.#at);
  }

  #readLimit(): DelegatedLimit | undefined {
    const from = this.#at;
    if (!this.#passes(digestBytes + limitBytes)) return undefined;
    const digest = hexAt(this.#bytes, from, digestBytes);
    const limitUnits = Number(bigUintAt(this.#bytes, from + digestBytes, limitBytes));
    return Number.isSafeInteger(limitUnits) ? { digest, limitUnits } : undefined;
  }

  #readDigests(): Digest[] | undefined {
    const count = this.#byte();
    const from = this.#at;
    if (count < 1 || count > delegationsOfKeyAtMost) return undefined;
    if (!this.#passes(count * digestBytes)) return undefined;
    return Array.from({ length: count }, (_, nth) =>
      hexAt(this.#bytes, from + nth * digestBytes, digestBytes),
    );
  }

  /** -1 where there is none. */
  #byte(): number {
    return this.#at < this.#bytes.length ? (this.#bytes[this.#at++] as number) : -1;
  }

  /** Whether there are so many more; then they are behind it. */
  #passes(count: number): boolean {
    if (this.#at + count > this.#bytes.length) return false;
    this.#at += count;
    return true;
  }
}

const uint16At = (bytes: Uint8Array, at: number): number =>
  ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
const uint32At = (bytes: Uint8Array, at: number): number =>
  uint16At(bytes, at) * 0x1_0000 + uint16At(bytes, at + 2);
const uint48At = (bytes: Uint8Array, at: number): number =>
  uint16At(bytes, at) * 0x1_0000_0000 + uint32At(bytes, at + 2);

function lengthOf(orders: readonly PlaceRequest[], texts: Iterable<string>): number {
  let length = 3;
  for (const text of texts) length += 2 + text.length;
  for (const { clientOrderId, delegation, delegations } of orders) {
    length += orderBytes;
    if (clientOrderId !== undefined) length += 1 + clientOrderId.length;
    if (delegation !== undefined) length += digestBytes + limitBytes;
    if (delegations !== undefined) length += 1 + digestBytes * delegations.length;
  }
  return length;
}

function writeOrder(
  to: RequestWriter,
  { digest, order, signature, clientOrderId, delegation, delegations }: PlaceRequest,
  texts: ReadonlyMap<string, number>,
): void {
  to.hex(digest, digestBytes);
  to.hex(order.account, addressBytes);
  to.hex(order.signer, addressBytes);
  to.hex(signature, signatureBytes);
  to.bigUint(order.baseAmount, 16);
  to.bigUint(order.quoteAmount, 16);
  to.bigUint(order.epoch, 8);
  to.bigUint(order.salt, 8);
  to.uint(order.createdAtMs, 6);
  to.uint(order.expiresAtMs, 6);
  to.uint(order.maxFeeBps, 2);
  to.uint(
    (order.side === 1 ? flag.sell : 0) |
      (order.cap === 1 ? flag.quoteCap : 0) |
      (clientOrderId === undefined ? 0 : flag.clientOrderId) |
      (delegation === undefined ? 0 : flag.delegation) |
      (delegations === undefined ? 0 : flag.delegations),
    1,
  );
  for (const text of [order.baseAsset, order.quoteAsset, order.terms])
    to.uint(texts.get(text) ?? textsAtMost, 1);
  if (clientOrderId !== undefined) {
    to.uint(clientOrderId.length, 1);
    to.ascii(clientOrderId);
  }
  if (delegation !== undefined) {
    to.hex(delegation.digest, digestBytes);
    to.bigUint(BigInt(delegation.limitUnits), limitBytes);
  }
  if (delegations !== undefined) {
    to.uint(delegations.length, 1);
    for (const each of delegations) to.hex(each, digestBytes);
  }
}

/** Writes a body of a known length; what would not fit its place is a bug of whoever verified the order. */
class RequestWriter {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(length: number) {
    this.#bytes = new Uint8Array(length);
  }

  written(): Uint8Array {
    assert(this.#at === this.#bytes.length, 'a request of another length than its parts');
    return this.#bytes;
  }

  uint(value: number, byteLength: number): void {
    assert(Number.isSafeInteger(value) && value >= 0, `not an unsigned integer: ${value}`);
    assert(value < 2 ** (8 * byteLength), `${value} is more than ${byteLength} bytes`);
    let rest = value;
    for (let at = this.#at + byteLength - 1; at >= this.#at; at -= 1) {
      this.#bytes[at] = rest % 0x100;
      rest = Math.floor(rest / 0x100);
    }
    this.#at += byteLength;
  }

  bigUint(value: bigint, byteLength: number): void {
    this.hex(`0x${value.toString(16).padStart(2 * byteLength, '0')}`, byteLength);
  }

  hex(text: string, byteLength: number): void {
    assert(text.length === 2 + 2 * byteLength, `not ${byteLength} bytes of hex: ${text}`);
    writeHex(text, this.#bytes, this.#at);
    this.#at += byteLength;
  }

  ascii(text: string): void {
    for (let at = 0; at < text.length; at += 1) this.#bytes[this.#at++] = text.charCodeAt(at);
  }
}
