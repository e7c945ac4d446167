/**
 * How much an account ever gave back. Money that goes to and fro adds up without a bound, so the engine counts
 * modulo 2^53: what is on its way is less than that, because all the credit of an asset is a safe integer.
 */
const modulus = 2n ** 53n;

/** The engine's count after one more return. */
export const addReturned = (returnedUnits: number, units: number): number =>
  Number((BigInt(returnedUnits) + BigInt(units)) % modulus);

/** What the engine has returned (modulo 2^53) and the ledger has not got back yet; `clearedUnits` is the ledger's whole count. */
export function returnsOnTheirWay(returnedUnits: number, clearedUnits: bigint): bigint {
  const difference = (BigInt(returnedUnits) - clearedUnits) % modulus;
  return difference < 0n ? difference + modulus : difference;
}
