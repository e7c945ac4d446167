/** Hashes ids that strangers chose: whoever does not know the secret cannot choose many that all hash to one slot of a table. */

export class SecretHash {
  readonly #firstFactor: number;
  readonly #lastFactor: number;

  constructor(secret: number) {
    this.#firstFactor = Math.imul(secret, 0x9e3779b1) | 1;
    this.#lastFactor = Math.imul(~secret, 0x85ebca6b) | 1;
  }

  /** Of an id's first and last four bytes; 32 bits, of which the high ones are the better. */
  of(first: number, last: number): number {
    return (Math.imul(first, this.#firstFactor) + Math.imul(last, this.#lastFactor)) | 0;
  }
}
