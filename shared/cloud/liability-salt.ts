/**
 * The salts of leaves: a keyed hash of day, account and asset, so that each owner learns only the own ones, and a leaf of
 * today cannot be recognized among yesterday's. Whoever loses the secret loses no proof that was handed out, only new ones
 * of the days before.
 */
import { createHmac, hash } from 'node:crypto';
import { indexKeyBytes } from '#wire/liability-object.ts';

export type SaltOf = (of: { day: string; account: string; asset: string }) => Uint8Array;

export function saltsOf(secret: string): SaltOf {
  if (secret.length < 32) throw new Error('the secret of the salts is shorter than 32 characters');
  // None of the three holds a line break, so no two of them make the same text.
  return ({ day, account, asset }) =>
    createHmac('sha256', secret).update(`${day}\n${account}\n${asset}`).digest();
}

/** By what an account's row of the index is found: of the salt, so that the bucket alone tells nobody whose row it is. */
export const indexKeyOf = (salt: Uint8Array): Uint8Array =>
  sha256(Buffer.concat([Buffer.from('index'), salt])).subarray(0, indexKeyBytes);

/** In one call, for a tree takes millions. */
export const sha256 = (bytes: Uint8Array): Uint8Array => hash('sha256', bytes, 'buffer');
