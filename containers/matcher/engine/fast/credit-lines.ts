/** What accounts may spend: one line per account and asset, found through an open-addressing table of their handles. */
import { copiedFloats, copiedInts, grownFloats, grownInts } from './grown.ts';
import { none } from './order-table.ts';

const startCapacity = 256;

export class CreditLines {
  account = new Int32Array(startCapacity);
  asset = new Int32Array(startCapacity);
  freeUnits = new Float64Array(startCapacity);
  heldUnits = new Float64Array(startCapacity);
  grantNumber = new Float64Array(startCapacity);
  returnNumber = new Float64Array(startCapacity);
  returnedUnits = new Float64Array(startCapacity);
  /** By asset: all that is free or held, whoever's. */
  insideUnits = new Float64Array(16);
  #count = 0;
  #index = new Int32Array(startCapacity * 4);

  get count(): number {
    return this.#count;
  }

  find(account: number, asset: number): number {
    const index = this.#index;
    const mask = index.length - 1;
    for (let at = hashOf(account, asset) & mask; ; at = (at + 1) & mask) {
      const line = (index[at] as number) - 1;
      if (line < 0) return none;
      if (this.account[line] === account && this.asset[line] === asset) return line;
    }
  }

  /** The line of an account and asset; made where there is none. */
  line(account: number, asset: number): number {
    const found = this.find(account, asset);
    return found === none ? this.#add(account, asset) : found;
  }

  hold(line: number, units: number): void {
    this.freeUnits[line] = (this.freeUnits[line] as number) - units;
    this.heldUnits[line] = (this.heldUnits[line] as number) + units;
  }

  /** Frees what was held, less what it paid. */
  unhold(line: number, units: number, paidUnits: number): void {
    this.heldUnits[line] = (this.heldUnits[line] as number) - units;
    this.freeUnits[line] = (this.freeUnits[line] as number) + units - paidUnits;
  }

  receive(line: number, units: number): void {
    this.freeUnits[line] = (this.freeUnits[line] as number) + units;
  }

  /** Units that enter or, where negative, leave this engine. */
  move(asset: number, units: number): void {
    if (asset >= this.insideUnits.length) {
      this.insideUnits = grownFloats(this.insideUnits, this.insideUnits.length * 2);
    }
    this.insideUnits[asset] = (this.insideUnits[asset] as number) + units;
  }

  /** Good for reading line by line: nothing is found in it. */
  copyTo(copy: CreditLines): void {
    const count = this.#count;
    copy.account = copiedInts(this.account, copy.account, count);
    copy.asset = copiedInts(this.asset, copy.asset, count);
    copy.freeUnits = copiedFloats(this.freeUnits, copy.freeUnits, count);
    copy.heldUnits = copiedFloats(this.heldUnits, copy.heldUnits, count);
    copy.grantNumber = copiedFloats(this.grantNumber, copy.grantNumber, count);
    copy.returnNumber = copiedFloats(this.returnNumber, copy.returnNumber, count);
    copy.returnedUnits = copiedFloats(this.returnedUnits, copy.returnedUnits, count);
    copy.#count = count;
  }

  #add(account: number, asset: number): number {
    if (this.#count === this.account.length) this.#grow(this.#count * 2);
    const line = this.#count;
    this.#count += 1;
    this.account[line] = account;
    this.asset[line] = asset;
    this.move(asset, 0);
    this.#insert(line);
    return line;
  }

  #insert(line: number): void {
    const index = this.#index;
    const mask = index.length - 1;
    let at = hashOf(this.account[line] as number, this.asset[line] as number) & mask;
    while (index[at] !== 0) at = (at + 1) & mask;
    index[at] = line + 1;
  }

  #grow(length: number): void {
    this.account = grownInts(this.account, length);
    this.asset = grownInts(this.asset, length);
    this.freeUnits = grownFloats(this.freeUnits, length);
    this.heldUnits = grownFloats(this.heldUnits, length);
    this.grantNumber = grownFloats(this.grantNumber, length);
    this.returnNumber = grownFloats(this.returnNumber, length);
    this.returnedUnits = grownFloats(this.returnedUnits, length);
    this.#index = new Int32Array(length * 4);
    for (let line = 0; line < this.#count; line += 1) this.#insert(line);
  }
}

/** Handles count up, so nobody chooses them: a plain mix is enough. */
function hashOf(account: number, asset: number): number {
  const mixed = Math.imul(account, 0x2c1b3c6d) ^ Math.imul(asset, 0x297a2d39);
  return mixed ^ (mixed >>> 15);
}
