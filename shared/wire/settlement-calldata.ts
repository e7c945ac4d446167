/**
 * A batch as the calldata of `Exchange.settleBatch`, and what that answers. The layout is BatchReader.sol's: numbers side by side,
 * rows that name each other by position; every account, asset, holding and order is in it once.
 */
import { Interface, id } from 'ethers';
import type { Address } from '#domain/order.ts';
import { canonicalSignature, type SignedDelegation } from './eip712.ts';
import {
  type BatchFill,
  type BatchOrder,
  type RejectionReason,
  rejectionReasons,
  type SettlementBatch,
} from './settlement-batch.ts';

const exchange = new Interface([
  'function settleBatch(uint64 batchId, uint64 matchedThroughMs, bytes packed) returns (bytes outcomes)',
]);

/** Whose order is at fault, where one of both is. */
export type FillOutcome = { reason: RejectionReason; side?: 'maker' | 'taker' };

/** Positions are two bytes. */
const rowsAtMost = 65_535;

/** The calldata of `settleBatch`. `insuranceAccount` is the Vault's; it has holdings where transfers or insured fills need them. */
export function encodeSettleBatch(
  batch: SettlementBatch,
  { insuranceAccount }: { insuranceAccount: Address },
): string {
  const { batchId, matchedThroughMs } = batch;
  const packed = packedBatch(batch, insuranceAccount.toLowerCase());
  return exchange.encodeFunctionData('settleBatch', [batchId, matchedThroughMs, packed]);
}

/** What `eth_call` of a batch answers, by fill. */
export function decodeReasons(data: string): FillOutcome[] {
  const [outcomes] = exchange.decodeFunctionResult('settleBatch', data);
  return [...Buffer.from(String(outcomes).slice(2), 'hex')].map((byte) => {
    const reason = rejectionReasons[byte & 127];
    if (!reason) throw new Error(`the contract rejects a fill for reason ${byte & 127}`);
    if (!reasonsOfASide.has(reason)) return { reason };
    return { reason, side: byte & 128 ? 'taker' : 'maker' };
  });
}

/** The others are of both sides, which the operator put together. */
const reasonsOfASide: ReadonlySet<RejectionReason> = new Set([
  'bad_signature',
  'delegation_invalid',
  'delegation_limit_reached',
  'order_cancelled',
  'epoch_too_low',
  'order_expired',
  'overfilled',
  'price_outside_limit',
  'fee_too_high',
  'balance_too_low',
]);

function packedBatch(batch: SettlementBatch, insuranceAccount: Address): string {
  const settled = settledOrders(batch);
  const tables = new Tables(insuranceAccount);
  for (const { account, asset } of batch.transfers) {
    tables.insure(asset);
    tables.add(account, asset);
  }
  for (const { signed, delegation } of settled.orders) {
    tables.add(signed.account, BigInt(signed.baseAsset));
    tables.add(signed.account, BigInt(signed.quoteAsset));
    if (delegation) tables.add(delegation.signed.account, BigInt(delegation.signed.quoteAsset));
  }
  for (const fill of batch.fills) {
    if (!fill.insured) continue;
    const { signed } = orderAt(batch, fill[fill.insured]);
    tables.insure(BigInt(signed.baseAsset));
    tables.insure(BigInt(signed.quoteAsset));
  }
  tables.number();
  const delegations = new Map<string, number>();
  const delegationRows: string[] = [];
  for (const { delegation } of settled.orders) {
    if (!delegation || delegations.has(delegation.digest)) continue;
    delegations.set(delegation.digest, delegationRows.length);
    delegationRows.push(delegationRow(tables, delegation.signed, delegation.signature));
  }
  const counts = [
    tables.accountCount,
    tables.assetCount,
    delegationRows.length,
    settled.orders.length,
    batch.transfers.length,
    batch.fills.length,
    conversionCount(batch),
  ].map((count) => {
    if (count > rowsAtMost) throw new Error(`a batch has ${count} rows of a kind`);
    return bytes(2, count);
  });
  return [
    '0x',
    ...counts,
    tables.rows(),
    ...delegationRows,
    ...settled.orders.map((order) => orderRow(tables, order, delegations)),
    ...batch.transfers.map(
      ({ account, asset, atoms }) => bytes(2, tables.holding(account, asset)) + bytes(16, atoms),
    ),
    ...batch.fills.map((fill) => fillRow(batch, tables, settled.positions, fill)),
  ].join('');
}

/** Pairs of outcomes, as the taker's and the maker's, whose complete sets are minted or merged. */
function conversionCount(batch: SettlementBatch): number {
  const assetOf = (position: number) => BigInt(orderAt(batch, position).signed.baseAsset);
  const pairs = batch.fills.flatMap(({ kind, maker, taker }) =>
    kind === 'trade' ? [] : [`${assetOf(taker)}:${assetOf(maker)}`],
  );
  return new Set(pairs).size;
}

/** Orders that some fill settles, by their position in the batch; those whose places insurance takes are not looked at. */
function settledOrders(batch: SettlementBatch): {
  orders: BatchOrder[];
  positions: Map<number, number>;
} {
  const orders: BatchOrder[] = [];
  const positions = new Map<number, number>();
  for (const fill of batch.fills) {
    for (const side of ['maker', 'taker'] as const) {
      const position = fill[side];
      if (fill.insured === side || positions.has(position)) continue;
      positions.set(position, orders.length);
      orders.push(orderAt(batch, position));
    }
  }
  return { orders, positions };
}

function orderAt({ orders }: SettlementBatch, position: number): BatchOrder {
  const order = orders[position];
  if (!order) throw new Error(`a fill names order ${position} of ${orders.length}`);
  return order;
}

/** Accounts, assets, and the holdings of both: numbered asset by asset, in the order in which they were added. */
class Tables {
  readonly #insuranceAccount: Address;
  readonly #accounts = new Map<Address, number>();
  readonly #assets = new Map<bigint, { insured: boolean; holders: Set<Address> }>();
  readonly #holdings = new Map<string, number>();

  constructor(insuranceAccount: Address) {
    this.#insuranceAccount = insuranceAccount;
  }

  get accountCount(): number {
    return this.#accounts.size;
  }

  get assetCount(): number {
    return this.#assets.size;
  }

  add(account: Address, asset: bigint): void {
    const known = this.#assets.get(asset);
    if (known) known.holders.add(account);
    else this.#assets.set(asset, { insured: false, holders: new Set([account]) });
    if (!this.#accounts.has(account)) this.#accounts.set(account, this.#accounts.size);
  }

  insure(asset: bigint): void {
    this.add(this.#insuranceAccount, asset);
    const row = this.#assets.get(asset);
    if (row) row.insured = true;
  }

  /** Of an insured asset the insurance account is the first holder. */
  #holdersOf({ insured, holders }: { insured: boolean; holders: Set<Address> }): Address[] {
    if (!insured) return [...holders];
    const others = [...holders].filter((account) => account !== this.#insuranceAccount);
    return [this.#insuranceAccount, ...others];
  }

  number(): void {
    for (const [asset, row] of this.#assets) {
      for (const account of this.#holdersOf(row)) {
        this.#holdings.set(`${account}:${asset}`, this.#holdings.size);
      }
    }
  }

  account(account: Address): number {
    return known(this.#accounts.get(account), account);
  }

  asset(asset: bigint): number {
    return known([...this.#assets.keys()].indexOf(asset), `asset ${asset}`);
  }

  holding(account: Address, asset: bigint): number {
    return known(this.#holdings.get(`${account}:${asset}`), `holding ${account}:${asset}`);
  }

  rows(): string {
    const accounts = [...this.#accounts.keys()].map((account) => hex(20, account));
    const assets = [...this.#assets].map(([asset, row]) => {
      const holders = this.#holdersOf(row);
      const positions = holders.map((account) => bytes(2, this.account(account)));
      return [
        bytes(32, asset),
        bytes(1, row.insured ? 1 : 0),
        bytes(2, holders.length),
        ...positions,
      ].join('');
    });
    return [...accounts, ...assets].join('');
  }
}

function known(position: number | undefined, what: string): number {
  if (position === undefined || position < 0) throw new Error(`the batch has no row for ${what}`);
  return position;
}

function delegationRow(tables: Tables, signed: SignedDelegation, signature?: string): string {
  const [rs, isV28] = signatureParts(signature ?? '0x');
  return [
    bytes(2, tables.account(signed.account)),
    hex(20, signed.sessionKey),
    bytes(2, tables.asset(BigInt(signed.quoteAsset))),
    bytes(16, signed.maxNotionalPerDay),
    bytes(2, signed.maxFeeBps),
    hex(32, signed.marketsRoot),
    bytes(8, signed.createdAtMs),
    bytes(8, signed.expiresAtMs),
    bytes(8, signed.epoch),
    bytes(8, signed.salt),
    signature ? `01${rs}${isV28 ? '1c' : '1b'}` : '00',
  ].join('');
}

function orderRow(
  tables: Tables,
  { signed, signature, delegation }: BatchOrder,
  delegations: ReadonlyMap<string, number>,
): string {
  const [rs, isV28] = signatureParts(signature);
  const flags = signed.side + 2 * signed.cap + (delegation ? 4 : 0) + (isV28 ? 8 : 0);
  const proof = delegation
    ? [
        bytes(2, known(delegations.get(delegation.digest), delegation.digest)),
        bytes(1, delegation.marketProof.length),
        ...delegation.marketProof.map((node) => hex(32, node)),
      ]
    : [];
  return [
    bytes(2, tables.holding(signed.account, BigInt(signed.baseAsset))),
    bytes(2, tables.holding(signed.account, BigInt(signed.quoteAsset))),
    bytes(1, flags),
    bytes(16, signed.baseAmount),
    bytes(16, signed.quoteAmount),
    bytes(2, signed.maxFeeBps),
    bytes(8, signed.createdAtMs),
    bytes(8, signed.expiresAtMs),
    bytes(8, signed.epoch),
    bytes(8, signed.salt),
    hex(32, id(signed.terms)),
    rs,
    ...proof,
  ].join('');
}

const kinds = { trade: 0, mint: 1, merge: 2 } as const;
const insuredFlags = { maker: 4, taker: 8 } as const;
const rebateFlag = 1n << 127n;

function fillRow(
  batch: SettlementBatch,
  tables: Tables,
  positions: ReadonlyMap<number, number>,
  fill: BatchFill,
): string {
  const placeOf = (side: 'maker' | 'taker') =>
    fill.insured === side
      ? tables.asset(BigInt(orderAt(batch, fill[side]).signed.baseAsset))
      : known(positions.get(fill[side]), `order ${fill[side]}`);
  const { makerFeeAtoms } = fill;
  return [
    bytes(1, kinds[fill.kind] + (fill.insured ? insuredFlags[fill.insured] : 0)),
    bytes(2, placeOf('maker')),
    bytes(2, placeOf('taker')),
    bytes(16, fill.baseAtoms),
    bytes(16, fill.quoteAtoms),
    bytes(16, makerFeeAtoms < 0n ? rebateFlag - makerFeeAtoms : makerFeeAtoms),
    bytes(16, fill.takerFeeAtoms),
  ].join('');
}

/** r ‖ s, and whether v is 28; what is no signature is sent as none, which the contract rejects like any that is wrong. */
function signatureParts(signature: string): [rs: string, isV28: boolean] {
  const canonical = canonicalSignature(signature);
  return canonical ? [canonical.slice(2, 130), canonical.endsWith('1c')] : ['0'.repeat(128), false];
}

function bytes(length: number, value: number | bigint): string {
  const text = BigInt(value).toString(16);
  if (text.length > 2 * length || text.startsWith('-')) {
    throw new Error(`${value} does not fit into ${length} bytes`);
  }
  return text.padStart(2 * length, '0');
}

function hex(length: number, text: string): string {
  if (text.length !== 2 + 2 * length) throw new Error(`${text} has not ${length} bytes`);
  return text.slice(2).toLowerCase();
}
