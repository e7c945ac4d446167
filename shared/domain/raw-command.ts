/**
 * The commands that most of a journal is, as they lie there: digests and accounts are bytes yet, and what only settlement reads is left
 * out. Whoever does a journal again spares writing those out as text and reading them back.
 */
import type { CancelOrder, PlaceOrder } from './command.ts';
import type { FittedAmounts } from './order.ts';

/** Where in `bytes` the 32 bytes of a digest begin, and the 20 of an address. */
type DigestPlace = number;
type AddressPlace = number;

/** An order that its own account signed. */
export type RawPlace = Omit<
  PlaceOrder,
  | 'type'
  | 'commandId'
  | 'account'
  | 'amounts'
  | 'clientOrderId'
  | 'replaces'
  | 'delegation'
  | 'signed'
  | 'signature'
> & {
  type: 'raw_place';
  amounts: Omit<FittedAmounts, 'misfit'> & { misfit: FittedAmounts['misfit'] | undefined };
  bytes: Uint8Array;
  idAt: DigestPlace;
  accountAt: AddressPlace;
  clientOrderId: string | undefined;
  replacesAt: DigestPlace | undefined;
};

export type RawCancel = Pick<CancelOrder, 'nowMs'> & {
  type: 'raw_cancel';
  bytes: Uint8Array;
  idAt: DigestPlace;
  accountAt: AddressPlace;
  digestAt: DigestPlace;
};

export type RawCommand = RawPlace | RawCancel;
