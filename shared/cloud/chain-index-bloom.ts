/** A block's bloom filter of its logs: 2,048 bits, three for each address and each topic (Yellow Paper 4.3.1). */
import { keccak256 } from 'ethers';

export type BloomedLog = { address: string; topics: readonly string[] };

const bytes = 256;
/** Addresses, event signatures and accounts come again and again; a digest costs some µs each time. */
const remembered = 50_000;
const bitsByValue = new Map<string, readonly number[]>();

/** False is sure: no log of this block is by this address, or has this topic. */
export function mayContain(bloom: Uint8Array, value: string): boolean {
  return bitsOf(value).every((bit) => ((bloom[byteOf(bit)] ?? 0) & maskOf(bit)) !== 0);
}

/** The filter of exactly these logs: of all logs of a block it is the header's own. */
export function bloomOf(logs: Iterable<BloomedLog>): Uint8Array {
  const bloom = new Uint8Array(bytes);
  for (const { address, topics } of logs) {
    setBits(bloom, address);
    for (const topic of topics) setBits(bloom, topic);
  }
  return bloom;
}

/** From a header's 0x-hex. */
export function bloomFrom(hex: string): Uint8Array {
  if (!/^0x[0-9a-fA-F]{512}$/.test(hex)) throw new Error('a header without a logs bloom');
  return Uint8Array.from(Buffer.from(hex.slice(2), 'hex'));
}

export const bloomHex = (bloom: Uint8Array): string => `0x${Buffer.from(bloom).toString('hex')}`;

export const sameBloom = (one: Uint8Array, other: Uint8Array): boolean =>
  Buffer.compare(one, other) === 0;

function setBits(bloom: Uint8Array, value: string): void {
  for (const bit of bitsOf(value)) {
    const at = byteOf(bit);
    bloom[at] = (bloom[at] ?? 0) | maskOf(bit);
  }
}

/** Bit 0 is the lowest bit of the last byte. */
const byteOf = (bit: number): number => bytes - 1 - (bit >> 3);
const maskOf = (bit: number): number => 1 << (bit & 7);

function bitsOf(value: string): readonly number[] {
  const known = bitsByValue.get(value);
  if (known) return known;
  const digest = Buffer.from(keccak256(value).slice(2), 'hex');
  const bits = [0, 2, 4].map((at) => digest.readUInt16BE(at) & 2_047);
  if (bitsByValue.size >= remembered) bitsByValue.clear();
  bitsByValue.set(value, bits);
  return bits;
}
