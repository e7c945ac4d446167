/** Numbers as DynamoDB gives them back: always bigint, absent where never written. */
import { assert } from '#domain/assertion.ts';

/** An amount; 0 where it was never written. */
export const storedUnits = (value: unknown): bigint => {
  assert(value === undefined || typeof value === 'bigint', 'a stored amount is no integer');
  return value ?? 0n;
};

/** A count, a time or a sequence number; 0 where it was never written. */
export const storedNumber = (value: unknown): number => {
  const number = Number(storedUnits(value));
  assert(Number.isSafeInteger(number), 'a stored number passes 2^53 - 1');
  return number;
};
