/** Placements and events as a leading matcher has them, made of commands and events: what is written of both must be the same. */
import type { PlaceOrder } from '#domain/command.ts';
import type { EngineEvent } from '#domain/event.ts';
import type { RawEvent } from '#domain/raw-event.ts';
import { type RawOrder, type RawPlacement, rawOrderAt } from '#domain/raw-order.ts';

/** How many bytes the fixed part of an order has. */
const fixedBytes = rawOrderAt.salt + 8;

/** The placement that a command stands for; its order lies behind others' bytes. */
export function rawPlacementOf(command: PlaceOrder): RawPlacement {
  return { order: rawOrderOf(command), nowMs: command.nowMs, amounts: command.amounts };
}

export function rawOrderOf(command: PlaceOrder): RawOrder {
  const { signed, replaces, delegation } = command;
  const at = 7;
  return {
    ...{ bytes: fixedPartOf(command, at), at, side: command.side, cap: command.cap },
    ...{ maxFeeBps: command.maxFeeBps, createdAtMs: command.createdAtMs },
    ...{ expiresAtMs: command.expiresAtMs, clientOrderId: command.clientOrderId, delegation },
    ...{ baseAsset: signed.baseAsset, quoteAsset: signed.quoteAsset, termsText: signed.terms },
    terms: {
      ...{ marketId: command.marketId, orderType: command.orderType },
      ...{ timeInForce: command.timeInForce, postOnly: command.postOnly },
      selfTrade: command.selfTrade,
      ...(replaces === undefined ? {} : { replaces }),
    },
    delegations: undefined,
  };
}

function fixedPartOf({ commandId, signed, signature }: PlaceOrder, at: number): Uint8Array {
  const bytes = Buffer.alloc(at + fixedBytes + 5, 0xee);
  const put = (place: number, hex: string) => bytes.write(hex, at + place, 'hex');
  const amount = (value: bigint, byteLength: number) =>
    value.toString(16).padStart(2 * byteLength, '0');
  put(rawOrderAt.digest, commandId.slice(2));
  put(rawOrderAt.account, signed.account.slice(2));
  put(rawOrderAt.signer, signed.signer.slice(2));
  put(rawOrderAt.signature, signature.slice(2));
  put(rawOrderAt.baseAmount, amount(signed.baseAmount, 16));
  put(rawOrderAt.quoteAmount, amount(signed.quoteAmount, 16));
  put(rawOrderAt.epoch, amount(signed.epoch, 8));
  put(rawOrderAt.salt, amount(signed.salt, 8));
  return bytes;
}

/** An event with its digests and accounts as words, where it has a raw form. */
export function rawEventOf(event: EngineEvent): RawEvent {
  const { sequence } = event;
  if (event.type === 'accepted') return { type: 'raw_accepted', sequence };
  if (event.type === 'refused') return { type: 'raw_refused', sequence, code: event.code };
  if (event.type === 'trade') {
    const { makerDigest, takerDigest, ...rest } = event;
    return {
      ...{ ...rest, type: 'raw_trade', words: wordsOf(makerDigest, takerDigest) },
      ...{ makerDigestAt: 1, takerDigestAt: 9, isOwn: 'taker' },
      addresses: wordsOf(event.makerAccount, event.takerAccount),
      ...{ makerAccountAt: 1, takerAccountAt: 6 },
    };
  }
  if (event.type !== 'order_done') return event;
  const { digest, clientOrderId, ...rest } = event;
  return {
    ...{ ...rest, type: 'raw_done', words: wordsOf(digest), digestAt: 1 },
    ...{ addresses: wordsOf(event.account), accountAt: 1, clientOrderId },
  };
}

/** One behind the other, behind a word of something else. */
function wordsOf(...hexes: string[]): Int32Array {
  const bytes = Buffer.from(hexes.map((hex) => hex.slice(2)).join(''), 'hex');
  const words = Array.from({ length: bytes.length / 4 }, (_, at) => bytes.readInt32BE(4 * at));
  return Int32Array.of(7, ...words);
}
