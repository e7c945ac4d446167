/** Bytes as 0x-prefixed lower-case hex, and back. */

const digits = '0123456789abcdef';
const pairs = Array.from({ length: 256 }, (_, byte) => `${digits[byte >> 4]}${digits[byte & 15]}`);

/** Bytes as 0x-prefixed lower-case hex. */
export function toHex(bytes: Uint8Array): string {
  let text = '0x';
  for (const byte of bytes) text += pairs[byte];
  return text;
}

/** 0x-prefixed hex as bytes. */
export function fromHex(text: string): Uint8Array {
  const bytes = new Uint8Array((text.length - 2) / 2);
  writeHex(text, bytes, 0);
  return bytes;
}

/** Puts the bytes of 0x-prefixed hex at a place of other bytes. */
export function writeHex(text: string, bytes: Uint8Array, from: number): void {
  let to = from;
  let invalid = 0;
  for (let at = 2; at < text.length; at += 2) {
    const high = digitAt(text, at);
    const low = digitAt(text, at + 1);
    invalid |= high | low;
    bytes[to++] = (high << 4) | low;
  }
  if (invalid > 15) throw new RangeError(notHex);
}

export const notHex = 'not lower-case hex';

/** By character code. */
const digitValues = Uint8Array.from({ length: 128 }, (_, code) => {
  const digit = digits.indexOf(String.fromCharCode(code));
  return digit < 0 ? 16 : digit;
});

/** More than 15 where there is no lower-case hex digit: whoever reads many looks once, at all of them together. */
export function digitAt(text: string, at: number): number {
  const code = text.charCodeAt(at);
  return (digitValues[code & 0x7f] as number) | (code & ~0x7f);
}
