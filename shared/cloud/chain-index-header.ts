/** A header that speaks for itself: its hash is the hash of what it says (EIP-1, Yellow Paper 4.4, and what later forks appended). */
import { encodeRlp, keccak256, toBeArray } from 'ethers';

type Fields = Readonly<Record<string, unknown>>;

/** In the order in which they are hashed; numbers are written without leading zeros. */
const always = [
  ['parentHash', 'bytes'],
  ['sha3Uncles', 'bytes'],
  ['miner', 'bytes'],
  ['stateRoot', 'bytes'],
  ['transactionsRoot', 'bytes'],
  ['receiptsRoot', 'bytes'],
  ['logsBloom', 'bytes'],
  ['difficulty', 'number'],
  ['number', 'number'],
  ['gasLimit', 'number'],
  ['gasUsed', 'number'],
  ['timestamp', 'number'],
  ['extraData', 'bytes'],
  ['mixHash', 'bytes'],
  ['nonce', 'bytes'],
] as const;
/** Each fork appended some: a header has the first of these, as many as its fork knows (EIPs 1559, 4895, 4844, 4788, 7685). */
const appended = [
  ['baseFeePerGas', 'number'],
  ['withdrawalsRoot', 'bytes'],
  ['blobGasUsed', 'number'],
  ['excessBlobGas', 'number'],
  ['parentBeaconBlockRoot', 'bytes'],
  ['requestsHash', 'bytes'],
] as const;

/**
 * False where a provider made something up, and on chains whose headers have other fields than Ethereum's: what such a header
 * says is one provider's word.
 */
export const isProven = (answer: unknown): boolean =>
  typeof answer === 'object' &&
  answer !== null &&
  (answer as Fields)['hash'] !== undefined &&
  hashOfHeader(answer as Fields) === (answer as Fields)['hash'];

/** Undefined where a field is missing, or is none. */
export function hashOfHeader(block: Fields): string | undefined {
  const later = appended.filter(([name]) => block[name] !== undefined && block[name] !== null);
  try {
    const row = [...always, ...later].map(([name, kind]) => fieldOf(block[name], kind));
    return keccak256(encodeRlp(row));
  } catch {
    return undefined;
  }
}

function fieldOf(value: unknown, kind: 'bytes' | 'number'): string | Uint8Array {
  if (typeof value !== 'string') throw new TypeError('a header without a field');
  return kind === 'number' ? toBeArray(value) : value;
}
