/** Accounts as handles: their names, their live orders from the oldest to the youngest, their fee tiers. */
import { nameWords } from '../name-words.ts';
import { grownInts } from './grown.ts';
import { none, type OrderTable } from './order-table.ts';

const startCapacity = 256;

export class Accounts {
  readonly names: string[] = [];
  /** The two words that event hashes know the account by. */
  nameLeft = new Int32Array(startCapacity);
  nameRight = new Int32Array(startCapacity);
  openOrders = new Int32Array(startCapacity);
  oldest = new Int32Array(startCapacity);
  youngest = new Int32Array(startCapacity);
  /** 0: each market's own rates. */
  feeTier = new Int32Array(startCapacity);
  readonly #handles = new Map<string, number>();

  find(name: string): number {
    return this.#handles.get(name) ?? none;
  }

  handle(name: string): number {
    const known = this.#handles.get(name);
    if (known !== undefined) return known;
    const account = this.names.length;
    if (account === this.nameLeft.length) this.#grow(account * 2);
    const { left, right } = nameWords(name);
    this.names.push(name);
    this.#handles.set(name, account);
    this.nameLeft[account] = left;
    this.nameRight[account] = right;
    this.oldest[account] = none;
    this.youngest[account] = none;
    return account;
  }

  /** Adds an order as the youngest of its account. */
  append(slot: number, orders: OrderTable): void {
    const account = orders.account[slot] as number;
    const youngest = this.youngest[account] as number;
    orders.older[slot] = youngest;
    orders.younger[slot] = none;
    if (youngest === none) this.oldest[account] = slot;
    else orders.younger[youngest] = slot;
    this.youngest[account] = slot;
    this.openOrders[account] = (this.openOrders[account] as number) + 1;
  }

  unlink(slot: number, orders: OrderTable): void {
    const account = orders.account[slot] as number;
    const older = orders.older[slot] as number;
    const younger = orders.younger[slot] as number;
    if (older === none) this.oldest[account] = younger;
    else orders.younger[older] = younger;
    if (younger === none) this.youngest[account] = older;
    else orders.older[younger] = older;
    this.openOrders[account] = (this.openOrders[account] as number) - 1;
  }

  #grow(length: number): void {
    this.nameLeft = grownInts(this.nameLeft, length);
    this.nameRight = grownInts(this.nameRight, length);
    this.openOrders = grownInts(this.openOrders, length);
    this.oldest = grownInts(this.oldest, length);
    this.youngest = grownInts(this.youngest, length);
    this.feeTier = grownInts(this.feeTier, length);
  }
}
