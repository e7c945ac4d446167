/**
 * CRC-32C (Castagnoli, RFC 3720 appendix B.4): the polynomial that storage systems use. Eight bytes a step: each of them has a
 * table that says what it comes to behind those after it (Kounavis and Berry, "Novel table lookup-based algorithms", 2008).
 */
const polynomial = 0x82f63b78;
const bytesPerStep = 8;

/** Table n, at n × 256: what a byte comes to with n bytes behind it. */
const tables = new Int32Array(256 * bytesPerStep);
for (let byte = 0; byte < 256; byte += 1) {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = (value >>> 1) ^ (value & 1 ? polynomial : 0);
  tables[byte] = value;
}
for (let at = 256; at < tables.length; at += 1) {
  const before = tables[at - 256] as number;
  tables[at] = (before >>> 8) ^ (tables[before & 0xff] as number);
}

/** The checksum of bytes as an unsigned 32-bit integer. */
export function crc32c(bytes: Uint8Array): number {
  const of = (table: number, byte: number) => tables[table * 256 + (byte & 0xff)] as number;
  const byteAt = (at: number) => bytes[at] as number;
  let crc = -1;
  let at = 0;
  for (; at + bytesPerStep <= bytes.length; at += bytesPerStep) {
    const early =
      of(7, crc ^ byteAt(at)) ^
      of(6, (crc >>> 8) ^ byteAt(at + 1)) ^
      of(5, (crc >>> 16) ^ byteAt(at + 2)) ^
      of(4, (crc >>> 24) ^ byteAt(at + 3));
    const late =
      of(3, byteAt(at + 4)) ^ of(2, byteAt(at + 5)) ^ of(1, byteAt(at + 6)) ^ of(0, byteAt(at + 7));
    crc = early ^ late;
  }
  for (; at < bytes.length; at += 1) crc = (crc >>> 8) ^ of(0, crc ^ byteAt(at));
  return (crc ^ -1) >>> 0;
}
