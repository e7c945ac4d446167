/** The bots' keys: derived from one seed, so that a restarted bot finds its own funds and orders again. */
import { keccak256, toUtf8Bytes, Wallet } from 'ethers';

/** The wallet of a name. A keccak hash is a valid key but for a chance of 2^-128. */
export function walletOf(seed: string, name: string): Wallet {
  if (seed.length < 16) throw new Error('the bot seed is shorter than 16 characters');
  return new Wallet(keccak256(toUtf8Bytes(`crossbook bot ${name} ${seed}`)));
}
