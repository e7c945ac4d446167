/**
 * CRC-32C (Castagnoli, RFC 3720 appendix B.4): the polynomial that storage systems use. Sixteen bytes a step: each of them has a
 * table that says what it comes to behind those after it (Kounavis and Berry, "Novel table lookup-based algorithms", 2008).
 */
const polynomial = 0x82f63b78;
const bytesPerStep = 16;

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
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const lastStep = bytes.length - bytesPerStep;
  let crc = -1;
  let at = 0;
  for (; at <= lastStep; at += bytesPerStep) {
    const early =
      ofWord(crc ^ view.getInt32(at, true), 12) ^ ofWord(view.getInt32(at + 4, true), 8);
    crc = early ^ ofWord(view.getInt32(at + 8, true), 4) ^ ofWord(view.getInt32(at + 12, true), 0);
  }
  for (; at < bytes.length; at += 1)
    crc = (crc >>> 8) ^ (tables[(crc ^ (bytes[at] as number)) & 0xff] as number);
  return (crc ^ -1) >>> 0;
}

/** What four bytes come to with so many behind them; the first is the word's lowest. */
function ofWord(word: number, behind: number): number {
  const first = tables[(behind + 3) * 256 + (word & 0xff)] as number;
  const second = tables[(behind + 2) * 256 + ((word >>> 8) & 0xff)] as number;
  const third = tables[(behind + 1) * 256 + ((word >>> 16) & 0xff)] as number;
  return first ^ second ^ third ^ (tables[behind * 256 + (word >>> 24)] as number);
}
