/** Writes a placement from the bytes in which its order came: the same bytes as of the command that it stands for. */
import type { FittedAmounts } from '#domain/order.ts';
import { type RawOrder, type RawPlacement, rawOrderAt } from '#domain/raw-order.ts';
import type { ByteWriter } from './byte-writer.ts';
import { placeIn } from './closed-list.ts';
import {
  capNames,
  commandTags,
  misfitNames,
  orderTypeNames,
  selfTradeNames,
  sideNames,
  timeInForceNames,
} from './command-codec.ts';
import { putBigUint, putBytes, putInt, putUint } from './put-bytes.ts';

const [digestBytes, signatureBytes, amountBytes, counterBytes] = [32, 65, 16, 8];
const [digestWords, addressWords] = [8, 5];

/** More than any stretch below takes: bytes are asked for once a stretch, not once a field. */
const mostBytes = 128;

/** Writes one order after the other to where a frame's commands go. */
export class PlacementWriter {
  readonly #to: ByteWriter;
  readonly #digest = new Int32Array(digestWords);
  readonly #account = new Int32Array(addressWords);
  readonly #signer = new Int32Array(addressWords);
  /** Of the newest order; those of one request share theirs. */
  #bytes: Uint8Array = new Uint8Array();
  #view: DataView = new DataView(this.#bytes.buffer);

  constructor(to: ByteWriter) {
    this.#to = to;
  }

  write({ order, nowMs, amounts }: RawPlacement): void {
    const to = this.#to;
    const { bytes, terms, clientOrderId, delegation } = order;
    const { replaces } = terms;
    if (bytes !== this.#bytes) {
      this.#bytes = bytes;
      this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
    this.#writeIdentity(order, nowMs);
    to.text(terms.marketId);
    this.#writeTerms(order, amounts);
    to.byte(clientOrderId === undefined ? 0 : 1);
    if (clientOrderId !== undefined) to.text(clientOrderId);
    to.byte(replaces === undefined ? 0 : 1);
    if (replaces !== undefined) to.hex(replaces, digestBytes);
    this.#writeSigners(order);
    to.text(order.baseAsset);
    to.text(order.quoteAsset);
    this.#writeSigned(order);
    to.text(order.termsText);
    this.#writeSignature(order);
    if (delegation === undefined) return;
    to.byte(1);
    to.hex(delegation.digest, digestBytes);
    to.uint(delegation.limitUnits);
  }

  #writeIdentity({ at: from, delegation }: RawOrder, nowMs: number): void {
    const to = this.#to;
    const view = to.room(mostBytes);
    readWords(this.#view, from + rawOrderAt.digest, this.#digest);
    readWords(this.#view, from + rawOrderAt.account, this.#account);
    let at = to.length;
    view.setUint8(at, delegation === undefined ? commandTags.place : commandTags.delegatedPlace);
    at = to.putWords(at + 1, this.#digest, 0, digestWords);
    at = putInt(view, at, nowMs - to.baseMs);
    to.end(to.putWords(at, this.#account, 0, addressWords));
  }

  #writeTerms(order: RawOrder, amounts: FittedAmounts): void {
    const to = this.#to;
    const { terms } = order;
    const { misfit } = amounts;
    const view = to.room(mostBytes);
    let at = to.length;
    view.setUint8(at, placeIn(sideNames, order.side));
    view.setUint8(at + 1, placeIn(orderTypeNames, terms.orderType));
    view.setUint8(at + 2, placeIn(timeInForceNames, terms.timeInForce));
    view.setUint8(at + 3, terms.postOnly ? 1 : 0);
    view.setUint8(at + 4, placeIn(selfTradeNames, terms.selfTrade));
    view.setUint8(at + 5, placeIn(capNames, order.cap));
    at = putUint(view, at + 6, amounts.limitTicks);
    at = putUint(view, at, amounts.sizeLots);
    at = putUint(view, at, amounts.spendUnits);
    at = putUint(view, at, amounts.triggerTicks);
    at = putUint(view, at, amounts.displayLots);
    at = putUint(view, at, misfit === undefined ? 0 : 1);
    if (misfit !== undefined) at = putUint(view, at, placeIn(misfitNames, misfit));
    at = putUint(view, at, order.maxFeeBps);
    at = putInt(view, at, order.createdAtMs - to.baseMs);
    to.end(putUint(view, at, order.expiresAtMs));
  }

  /** The account is written already; it nearly always signs itself. */
  #writeSigners({ at: from }: RawOrder): void {
    const to = this.#to;
    const view = to.room(mostBytes);
    const account = to.wordsMention(this.#account, 0, addressWords);
    readWords(this.#view, from + rawOrderAt.signer, this.#signer);
    const at = putUint(view, to.length, account);
    const isOwn = areSame(this.#signer, this.#account);
    to.end(isOwn ? putUint(view, at, account) : to.putWords(at, this.#signer, 0, addressWords));
  }

  #writeSigned(order: RawOrder): void {
    const to = this.#to;
    const from = order.at;
    const bytes = this.#view;
    const view = to.room(mostBytes);
    let at = to.length;
    view.setUint8(at, placeIn(sideNames, order.side));
    view.setUint8(at + 1, placeIn(capNames, order.cap));
    at = putBigUint(view, at + 2, bytes, from + rawOrderAt.baseAmount, amountBytes);
    at = putBigUint(view, at, bytes, from + rawOrderAt.quoteAmount, amountBytes);
    at = putUint(view, at, order.maxFeeBps);
    at = putInt(view, at, order.createdAtMs - to.baseMs);
    at = putUint(view, at, order.expiresAtMs);
    at = putBigUint(view, at, bytes, from + rawOrderAt.epoch, counterBytes);
    to.end(putBigUint(view, at, bytes, from + rawOrderAt.salt, counterBytes));
  }

  #writeSignature({ at: from }: RawOrder): void {
    const to = this.#to;
    const view = to.room(mostBytes);
    const signature = from + rawOrderAt.signature;
    to.end(putBytes(view, to.length, this.#view, signature, signatureBytes));
  }
}

function readWords(bytes: DataView, from: number, into: Int32Array): void {
  for (let at = 0; at < into.length; at += 1) into[at] = bytes.getInt32(from + 4 * at);
}

function areSame(one: Int32Array, other: Int32Array): boolean {
  for (let at = 0; at < one.length; at += 1) if (one[at] !== other[at]) return false;
  return true;
}
