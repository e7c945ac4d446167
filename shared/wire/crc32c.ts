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
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const of = (table: number, byte: number) => tables[table * 256 + (byte & 0xff)] as number;
  let crc = -1;
  let at = 0;
  for (; at + bytesPerStep <= bytes.length; at += bytesPerStep) {
    const early = crc ^ view.getInt32(at, true);
    const late = view.getInt32(at + 4, true);
    crc =
      of(7, early) ^
      of(6, early >>> 8) ^
      of(5, early >>> 16) ^
      of(4, early >>> 24) ^
      of(3, late) ^
      of(2, late >>> 8) ^
      of(1, late >>> 16) ^
      of(0, late >>> 24);
  }
  for (; at < bytes.length; at += 1) crc = (crc >>> 8) ^ of(0, crc ^ (bytes[at] as number));
  return (crc ^ -1) >>> 0;
}
