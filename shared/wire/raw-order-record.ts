/** Writes a placement from the bytes in which its order came: the same bytes as of the command that it stands for. */
import type { RawOrder, RawPlacement } from '#domain/raw-order.ts';
import { rawOrderAt } from '#domain/raw-order.ts';
import type { ByteWriter } from './byte-writer.ts';
import { placeIn } from './closed-list.ts';
import {
  capNames,
  commandTags,
  orderTypeNames,
  selfTradeNames,
  sideNames,
  timeInForceNames,
} from './command-codec.ts';
import { writeAmounts } from './frequent-records.ts';

const addressBytes = 20;
const digestBytes = 32;
const signatureBytes = 65;
const amountBytes = 16;
const counterBytes = 8;

let viewed = new Uint8Array();
let view = new DataView(viewed.buffer);
function viewOf(bytes: Uint8Array): DataView {
  if (bytes !== viewed) {
    viewed = bytes as never;
    view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
  return view;
}

export function writePlacement(to: ByteWriter, { order, nowMs, amounts }: RawPlacement): void {
  const { at, terms, clientOrderId, delegation } = order;
  const bytes = viewOf(order.bytes);
  const { replaces } = terms;
  to.byte(delegation === undefined ? commandTags.place : commandTags.delegatedPlace);
  to.hexAt(bytes, at + rawOrderAt.digest, digestBytes);
  to.timeMs(nowMs);
  to.hexAt(bytes, at + rawOrderAt.account, addressBytes);
  to.text(terms.marketId);
  to.byte(placeIn(sideNames, order.side));
  to.byte(placeIn(orderTypeNames, terms.orderType));
  to.byte(placeIn(timeInForceNames, terms.timeInForce));
  to.byte(terms.postOnly ? 1 : 0);
  to.byte(placeIn(selfTradeNames, terms.selfTrade));
  to.byte(placeIn(capNames, order.cap));
  writeAmounts(to, amounts);
  to.uint(order.maxFeeBps);
  to.timeMs(order.createdAtMs);
  to.uint(order.expiresAtMs);
  to.byte(clientOrderId === undefined ? 0 : 1);
  if (clientOrderId !== undefined) to.text(clientOrderId);
  to.byte(replaces === undefined ? 0 : 1);
  if (replaces !== undefined) to.hex(replaces, digestBytes);
  writeSigned(to, order);
  to.rawAt(bytes, at + rawOrderAt.signature, signatureBytes);
  if (delegation === undefined) return;
  to.byte(1);
  to.hex(delegation.digest, digestBytes);
  to.uint(delegation.limitUnits);
}

function writeSigned(to: ByteWriter, order: RawOrder): void {
  const { at } = order;
  const bytes = viewOf(order.bytes);
  to.hexAt(bytes, at + rawOrderAt.account, addressBytes);
  to.hexAt(bytes, at + rawOrderAt.signer, addressBytes);
  to.text(order.baseAsset);
  to.text(order.quoteAsset);
  to.byte(placeIn(sideNames, order.side));
  to.byte(placeIn(capNames, order.cap));
  to.bigUintAt(bytes, at + rawOrderAt.baseAmount, amountBytes);
  to.bigUintAt(bytes, at + rawOrderAt.quoteAmount, amountBytes);
  to.uint(order.maxFeeBps);
  to.timeMs(order.createdAtMs);
  to.uint(order.expiresAtMs);
  to.bigUintAt(bytes, at + rawOrderAt.epoch, counterBytes);
  to.bigUintAt(bytes, at + rawOrderAt.salt, counterBytes);
  to.text(order.termsText);
}
