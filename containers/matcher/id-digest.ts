/** What commands in flight are found by: 32 bytes. Orders come with theirs; ids that are no digest are hashed. */
import { Buffer } from 'node:buffer';
import { hash } from 'node:crypto';

const isDigest = /^0x[0-9a-f]{64}$/;

export const digestOfId = (id: string): Uint8Array =>
  isDigest.test(id) ? Buffer.from(id.slice(2), 'hex') : hash('sha256', id, 'buffer');
