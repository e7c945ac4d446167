/** Money as integers: `Units` on the exchange, decimal text only at the edges. Chain atoms never leave signed orders. */

declare const unitsBrand: unique symbol;

/** An amount in the exchange's smallest unit of an asset: 10^-decimals. */
export type Units = bigint & { readonly [unitsBrand]: true };
export const units = (value: bigint | number): Units => BigInt(value) as Units;

/** Plain decimal text: no sign, no exponent, no separators, at most 30 integer digits. */
const decimalText = /^(0|[1-9]\d{0,29})(?:\.(\d{1,18}))?$/;

/**
 * Reads decimal text such as "12.5" as an integer of 10^-decimals.
 * Answers undefined for anything else: signs, exponents, spaces, more digits than the asset has.
 */
export function parseDecimal(text: string, decimals: number): bigint | undefined {
  const match = decimalText.exec(text);
  if (!match) return undefined;
  const [, whole = '0', fraction = ''] = match;
  const digits = fraction.replace(/0+$/, '');
  if (digits.length > decimals) return undefined;
  return BigInt(whole + digits.padEnd(decimals, '0'));
}

/** Writes an integer of 10^-decimals as the shortest exact decimal text: 1250 at 2 decimals is "12.5". */
export function formatDecimal(value: bigint | number, decimals: number): string {
  const integer = BigInt(value);
  const sign = integer < 0n ? '-' : '';
  const digits = (integer < 0n ? -integer : integer).toString().padStart(decimals + 1, '0');
  const whole = digits.slice(0, digits.length - decimals);
  const fraction = digits.slice(digits.length - decimals).replace(/0+$/, '');
  return sign + (fraction ? `${whole}.${fraction}` : whole);
}
