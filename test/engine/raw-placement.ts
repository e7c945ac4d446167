/** A placement as a matcher's door reads it, of a command. */
import type { PlaceOrder } from '#domain/command.ts';
import { type RawPlacement, rawOrderAt } from '#domain/raw-order.ts';

/** What the engine reads of the bytes: the rest is for the journal. */
const bytesOfOrder = 185;

/** `before`: how many bytes of other orders lie before it. */
export function rawPlacement(command: PlaceOrder, before = 7): RawPlacement {
  const { nowMs, amounts, side, cap, maxFeeBps, createdAtMs, expiresAtMs } = command;
  const { marketId, orderType, timeInForce, postOnly, selfTrade, replaces } = command;
  const bytes = new Uint8Array(before + bytesOfOrder);
  bytes.set(Buffer.from(command.commandId.slice(2), 'hex'), before + rawOrderAt.digest);
  bytes.set(Buffer.from(command.account.slice(2), 'hex'), before + rawOrderAt.account);
  const terms = { marketId, orderType, timeInForce, postOnly, selfTrade };
  const order = {
    ...{ bytes, at: before, side, cap, maxFeeBps, createdAtMs, expiresAtMs },
    ...{ baseAsset: '', quoteAsset: '', termsText: '' },
    terms: replaces === undefined ? terms : { ...terms, replaces },
    clientOrderId: command.clientOrderId,
    delegation: command.delegation,
    delegations: undefined,
  };
  return { order, nowMs, amounts };
}
