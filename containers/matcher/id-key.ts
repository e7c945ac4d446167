/** What commands in flight are found by: of an id of 32 bytes these as characters, since orders come without texts; else the id. */
import { Buffer } from 'node:buffer';
import { type RawOrder, rawOrderAt } from '#domain/raw-order.ts';

const digestBytes = 32;
const isDigest = /^0x[0-9a-f]{64}$/;

export const keyOfId = (id: string): string =>
  isDigest.test(id) ? Buffer.from(id.slice(2), 'hex').toString('latin1') : id;

export function keyOfOrder({ bytes, at }: RawOrder): string {
  const from = at + rawOrderAt.digest;
  // What came over a socket is a buffer: another view of it would cost as much as the text.
  const buffer = bytes instanceof Buffer ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset);
  return buffer.toString('latin1', from, from + digestBytes);
}
