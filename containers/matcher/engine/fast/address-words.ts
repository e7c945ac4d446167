/** Each account's address as words, five each, in the order of their accounts: no text is made to write one down. */

/** Words of an address. */
export const addressWords = 5;
const startAccounts = 64;

export class AddressWords {
  #words = new Int32Array(addressWords * startAccounts);
  #accounts = 0;

  /** Zeros where an account's name is no address. */
  get words(): Int32Array {
    return this.#words;
  }

  /** Takes each account; false where its name is none, such as the exchange's own. */
  add(name: string): boolean {
    const from = this.#accounts * addressWords;
    this.#accounts += 1;
    if (from === this.#words.length) this.#grow();
    if (!/^0x[0-9a-f]{40}$/.test(name)) return false;
    for (let nth = 0; nth < addressWords; nth += 1)
      this.#words[from + nth] = Number.parseInt(name.slice(2 + nth * 8, 10 + nth * 8), 16);
    return true;
  }

  #grow(): void {
    const old = this.#words;
    this.#words = new Int32Array(old.length * 2);
    this.#words.set(old);
  }
}
