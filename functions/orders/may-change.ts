/** Whether who signed a Cancel or an Amend may: the account itself, or a session key of its, for what that key placed. */
import { createHash } from 'node:crypto';
import { signerOf } from '#cloud/signer-of.ts';
import type { SigningRights } from '#cloud/signing-rights.ts';
import type { Address, Digest } from '#domain/order.ts';
import type { Refusal } from '#domain/refusal.ts';
import { endOf, nearest, standing } from './may-trade.ts';

export type ChangeLeave =
  /** What the request to the matcher says of it. `delegations`: of a session key; the order must be by one of them. */
  | { status: 'granted'; as: { commandId: Digest; delegations?: Digest[] } }
  | { status: 'refused'; code: Refusal };

export async function mayChange(
  { account, digest, signature }: { account: Address; digest: Digest; signature: string },
  { rights, clock }: { rights: SigningRights; clock: { nowMs(): number } },
): Promise<ChangeLeave> {
  const signer = signerOf(digest, signature);
  if (signer === account) return { status: 'granted', as: { commandId: digest } };
  const known = signer === undefined ? [] : await rights.delegationsOf(account, signer);
  // The message does not say who signs it: a signature that went wrong looks like one of somebody unknown.
  if (signer === undefined || known.length === 0)
    return { status: 'refused', code: 'bad_signature' };

  const moment = { epoch: await rights.epochOf(account), nowMs: clock.nowMs() };
  const delegations = standing(known, moment);
  if (delegations.length === 0)
    return { status: 'refused', code: nearest(known.map((each) => endOf(each, moment))) };
  return { status: 'granted', as: { commandId: commandOf(digest, signer), delegations } };
}

/** Of its own: a key that signs the very Cancel that the owner signs must not answer for it. */
function commandOf(digest: Digest, signer: Address): Digest {
  return `0x${createHash('sha256').update(`${digest} ${signer}`).digest('hex')}`;
}
