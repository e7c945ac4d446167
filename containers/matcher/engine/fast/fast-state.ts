/** All that the fast engine knows: its core's memory, and the texts behind the rows. */
import { assert } from '#domain/assertion.ts';
import type { MarketId } from '#domain/market.ts';
import type { Address } from '#domain/order.ts';
import { DigestTexts } from '../digest-texts.ts';
import type { LanesState } from '../hash-lanes.ts';

import { nameWords, readDigest, readDigestBytes } from '../name-words.ts';
import { AddressWords, addressWords } from './address-words.ts';
import { CoreInstance, type NameOrder, nobody } from './core-instance.ts';
import {
  accountRow,
  addressAt,
  assetRow,
  clientIdRow,
  digestAt,
  engineState,
  idRow,
  marketRow,
  stateAt,
} from './core-layout.ts';
import type { ListedMarket, Terms } from './market-terms.ts';

/** How many live orders, and how many ids within the admission window, an engine is made ready for. */
export type Expected = { orders: number; ids: number };

type StateOptions = {
  groupId?: string | undefined;
  hashSecret: number;
  binary?: string | undefined;
};
type ClientText = { key: string; clientOrderId: string };

export class FastState {
  readonly groupId: string | undefined;
  readonly core: CoreInstance;
  /** By `index` of their rows. */
  readonly accountNames: string[] = [];
  readonly assetNames: string[] = [];
  readonly assetRows: number[] = [];
  readonly markets: ListedMarket[] = [];
  readonly #accounts = new Map<string, number>();
  readonly #addresses = new AddressWords();
  readonly #assets = new Map<string, number>();
  readonly #markets = new Map<MarketId, ListedMarket>();
  /** Ids that are no digests. */
  readonly #ids = new Map<string, number>();
  readonly #idTexts = new Map<number, string>();
  /** What owners call their orders: unique among an account's live orders. */
  readonly #clients = new Map<string, number>();
  readonly #clientTexts = new Map<number, ClientText>();
  readonly #digests = new DigestTexts();

  /** `binary`: another core than the usual one, to measure it. */
  constructor({ groupId, hashSecret, binary }: StateOptions) {
    this.groupId = groupId;
    const { accountNames, markets } = this;
    const order: NameOrder = {
      isAccountBefore: (one, other) =>
        (accountNames[one] as string) < (accountNames[other] as string),
      isMarketBefore: (one, other) =>
        (markets[one] as ListedMarket).id < (markets[other] as ListedMarket).id,
    };
    this.core = new CoreInstance(order, binary);
    this.core.open(hashSecret);
  }

  get nowMs(): number {
    return this.core.double(stateAt, engineState.nowMs);
  }

  get sequence(): number {
    return this.core.double(stateAt, engineState.sequence);
  }

  /** How far the hash over all events has come. */
  get eventLanes(): LanesState {
    const at = (stateAt + engineState.chainLeft) >>> 2;
    const [left = 0, right = 0, count = 0] = this.core.ints.subarray(at, at + 3);
    return [left, right, count];
  }

  /** The addresses of all accounts as words, five each, by `index` of their rows. */
  get addresses(): Int32Array {
    return this.#addresses.words;
  }

  /** The row of an account; nobody where it was never here. */
  account(name: string): number {
    return this.#accounts.get(name) ?? nobody;
  }

  /** The same; made where there is none, and kept for ever. */
  accountFor(name: string): number {
    const known = this.#accounts.get(name);
    if (known !== undefined) return known;
    const { left, right } = nameWords(name);
    const row = this.core.calls.addAccount(left, right);
    this.accountNames.push(name);
    this.#accounts.set(name, row);
    if (this.#addresses.add(name)) this.#enlist(row);
    return row;
  }

  /** Lets the core find the account that was added last by its address. */
  #enlist(row: number): void {
    const { core } = this;
    const from = (this.accountNames.length - 1) * addressWords;
    const bytes = core.viewOf(addressAt);
    for (let nth = 0; nth < addressWords; nth += 1)
      bytes.setInt32(nth * 4, this.addresses[from + nth] as number);
    core.calls.enlistAddress(row);
  }

  accountName(row: number): string {
    return this.accountNames[this.core.int(row, accountRow.index)] as string;
  }

  asset(name: string): number {
    return this.#assets.get(name) ?? nobody;
  }

  assetFor(name: string): number {
    const known = this.#assets.get(name);
    if (known !== undefined) return known;
    const { left, right } = nameWords(name);
    const row = this.core.calls.addAsset(left, right);
    this.assetNames.push(name);
    this.assetRows.push(row);
    this.#assets.set(name, row);
    return row;
  }

  assetName(row: number): string {
    return this.assetNames[this.core.int(row, assetRow.index)] as string;
  }

  market(id: MarketId): ListedMarket | undefined {
    return this.#markets.get(id);
  }

  marketAt(row: number): ListedMarket {
    return this.markets[this.core.int(row, marketRow.index)] as ListedMarket;
  }

  /** Its terms are then to be written into its row. */
  addMarket(terms: Terms): ListedMarket {
    const { id } = terms.market;
    const { left, right } = nameWords(id);
    const base = this.assetFor(terms.base.id);
    const quote = this.assetFor(terms.quote.id);
    const listed = { row: this.core.calls.addMarket(left, right, base, quote), id, terms };
    this.markets.push(listed);
    this.#markets.set(id, listed);
    return listed;
  }

  /** Lets the text that an id's digest was just read from be the one that events will show. */
  noteDigest(text: string, id: number): void {
    this.#digests.note(text, this.core.ints, this.digestPlace(id));
  }

  /** The row of the digest whose bytes begin there; nobody where it is not known. */
  idAt(bytes: Uint8Array, at: number): number {
    readDigestBytes(bytes, at, this.core.ints, digestAt >>> 2);
    return this.core.calls.findId();
  }

  /** The row of an id in text, whatever its form; nobody where it is not known. */
  id(text: string): number {
    const { core } = this;
    const isDigest = readDigest(text, core.ints, digestAt >>> 2);
    return isDigest ? core.calls.findId() : (this.#ids.get(text) ?? nobody);
  }

  /** The row of an id that is no digest; made where there is none. */
  textIdFor(text: string): number {
    const known = this.#ids.get(text);
    if (known !== undefined) return known;
    const row = this.core.calls.addTextId();
    this.#ids.set(text, row);
    this.#idTexts.set(row, text);
    return row;
  }

  /** An id as it was written. */
  idText(row: number): string {
    if (this.#isText(row)) return this.#idTexts.get(row) as string;
    return this.digestText(this.core.ints, (row + idRow.digestA) >>> 2);
  }

  /** An id's order, live or ended; nobody where it has none. */
  orderOf(id: number): number {
    return this.core.int(id, idRow.order) & ~1;
  }

  /** A digest as it was written, of its 8 words. */
  digestText(words: Int32Array, from: number): string {
    return this.#digests.textOf(words, from);
  }

  /** Where among the core's words an id has the 8 of its digest. */
  digestPlace(row: number): number {
    assert(!this.#isText(row), 'an id that is no digest');
    return (row + idRow.digestA) >>> 2;
  }

  #isText(row: number): boolean {
    // The last byte of a word that more is in.
    return this.core.int(row, idRow.isText - 3) >>> 24 === 1;
  }

  /** The row of what an owner calls an order; made where there is none. */
  clientFor(account: Address, clientOrderId: string): number {
    const key = `${account} ${clientOrderId}`;
    const known = this.#clients.get(key);
    if (known !== undefined) return known;
    const { left, right } = nameWords(clientOrderId);
    const row = this.core.calls.addClient(left, right);
    this.#clients.set(key, row);
    this.#clientTexts.set(row, { key, clientOrderId });
    return row;
  }

  clientText(row: number): string | undefined {
    return this.#clientTexts.get(row)?.clientOrderId;
  }

  /** One that no order has goes. */
  dropUnusedClient(row: number): void {
    const text = this.#clientTexts.get(row);
    if (!text || this.core.int(row, clientIdRow.orders) > 0) return;
    if (this.core.int(row, clientIdRow.pending) > 0) return;
    this.#clients.delete(text.key);
    this.#clientTexts.delete(row);
    this.core.calls.releaseClient(row);
  }

  /** Forgets the texts of rows that nothing needs any more. */
  dropTexts(): void {
    const { core } = this;
    let id = core.int(stateAt, engineState.droppedTexts);
    if (id !== nobody) core.setInt(stateAt, engineState.droppedTexts, nobody);
    while (id !== nobody) {
      const next = core.int(id, idRow.next);
      this.#ids.delete(this.#idTexts.get(id) as string);
      this.#idTexts.delete(id);
      core.calls.releaseText(id);
      id = next;
    }
    let client = core.int(stateAt, engineState.droppedClients);
    if (client !== nobody) core.setInt(stateAt, engineState.droppedClients, nobody);
    while (client !== nobody) {
      const next = core.int(client, clientIdRow.next);
      // It may have come into use again.
      this.dropUnusedClient(client);
      client = next;
    }
  }

  /** Makes another state what this one is now, good for reading. Names of accounts and assets are only ever added. */
  copyTo(copy: FastState): void {
    this.core.copyTo(copy.core);
    for (let at = copy.accountNames.length; at < this.accountNames.length; at += 1) {
      const name = this.accountNames[at] as string;
      copy.accountNames.push(name);
      copy.#accounts.set(name, this.account(name));
    }
    for (let at = copy.assetNames.length; at < this.assetNames.length; at += 1)
      copy.assetNames.push(this.assetNames[at] as string);
    copy.markets.splice(0, Infinity, ...this.markets.map((listed) => ({ ...listed })));
    copyMap(this.#idTexts, copy.#idTexts);
    copyMap(this.#clientTexts, copy.#clientTexts);
  }
}

function copyMap<K, V>(from: Map<K, V>, to: Map<K, V>): void {
  to.clear();
  for (const [key, value] of from) to.set(key, value);
}
