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
  let invalid = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    const high = digitAt(text, 2 + at * 2);
    const low = digitAt(text, 3 + at * 2);
    invalid |= high | low;
    bytes[at] = (high << 4) | low;
  }
  if (invalid > 15) throw new RangeError(notHex);
  return bytes;
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
