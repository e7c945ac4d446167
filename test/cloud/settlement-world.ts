/**
 * An exchange as settlement sees it: users with money in a real vault and in the ledger, journals written by hand of two pair groups,
 * clearing, planning and sending on the tables' twin, and the contracts on a chain of one's own.
 */
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { clearJournal } from '#cloud/clear-journal.ts';
import { createClearingStore } from '#cloud/clearing-store.ts';
import { systemClock } from '#cloud/clock.ts';
import { createLedgerStore } from '#cloud/ledger-store.ts';
import { createLocalSigner } from '#cloud/local-signer.ts';
import { batchOrders, buildingOf } from '#cloud/settlement-building.ts';
import { createSettlementChain } from '#cloud/settlement-chain.ts';
import { restrictedAtMs, transfersDue } from '#cloud/settlement-due.ts';
import { applySettlementFact } from '#cloud/settlement-facts.ts';
import { readFreeze, takeBackUnsettled } from '#cloud/settlement-freeze.ts';
import { followInsured, repairsDue } from '#cloud/settlement-insurance.ts';
import { type Settling, settle } from '#cloud/settlement-pass.ts';
import type { Failing } from '#cloud/settlement-predict.ts';
import { createTurns } from '#cloud/taking-turns.ts';
import { createTransactionSender } from '#cloud/transaction-sender.ts';
import { units } from '#domain/amount.ts';
import type { Asset } from '#domain/asset.ts';
import type { SignedOrder } from '#domain/command.ts';
import type { ChainFact } from '#wire/chain-fact.ts';
import { decodeRecord, type Frame } from '#wire/journal-frame.ts';
import { decodeReasons, encodeSettleBatch } from '#wire/settlement-calldata.ts';
import { insuranceAccount } from '#wire/table-keys.ts';
import type { ChainWorld, User } from '../contracts/chain-world.ts';
import { senderTerms } from '../simulation/simulate-sender.ts';
import { nodeRpc } from '../twins/node-rpc.ts';
import { type BareEvent, HandWrittenJournal } from './clearing-journal.ts';
import { allItems, copyOf } from './ledger-twin.ts';

export const groupIds = ['majors', 'minors'] as const;

type Order = { digest: string; signed: SignedOrder; signature: string; user: User };

/** What was matched is known here so soon. */
const quietMs = 1_000;

export class SettlementWorld {
  readonly chain: ChainWorld;
  readonly tables: { ledgerTable: string; chainTable: string; outboxTable: string };
  readonly client: DynamoDBDocumentClient;
  readonly assets: Map<string, Asset>;
  readonly journals = new Map(groupIds.map((id) => [id as string, new HandWrittenJournal(id)]));
  readonly users: User[];
  readonly told: Failing[] = [];
  readonly ledger: ReturnType<typeof createLedgerStore>;
  /** Calldata of at most so many bytes fits a batch. */
  bytesAtMost = 100_000;
  #orders = 0;
  #facts = 0;
  #grants = new Map<string, number>();
  #aheadMs = 0;

  constructor(
    client: DynamoDBDocumentClient,
    chain: ChainWorld,
    of: { tables: SettlementWorld['tables']; assets: Map<string, Asset>; users: User[] },
  ) {
    this.client = client;
    this.chain = chain;
    this.tables = of.tables;
    this.assets = of.assets;
    this.users = of.users;
    const { ledgerTable: table, outboxTable } = of.tables;
    this.ledger = createLedgerStore({ client, table, outboxTable, settles: true });
    for (const journal of this.journals.values()) journal.epoch();
  }

  /** Never behind a block that was heard of: blocks come a second apart, however long they took. */
  nowMs(): number {
    return Date.now() + this.#aheadMs;
  }

  /** The same moment once more, in tables of its own. */
  async copied(): Promise<SettlementWorld> {
    const { ledgerTable, chainTable, outboxTable } = this.tables;
    const copy = async (table: string) => copyOf(this.client, await allItems(this.client, table));
    const tables = {
      ledgerTable: await copy(ledgerTable),
      chainTable: await copy(chainTable),
      outboxTable: await copy(outboxTable),
    };
    const world = new SettlementWorld(this.client, this.chain, {
      ...{ tables, assets: this.assets, users: this.users },
    });
    for (const [groupId, journal] of this.journals) world.journals.set(groupId, journal);
    world.#aheadMs = this.#aheadMs;
    return world;
  }

  asset(id: string): Asset {
    const asset = this.assets.get(id);
    if (!asset) throw new Error(`no asset ${id}`);
    return asset;
  }

  /** Money in the vault, in the ledger, and lent to a group. */
  async fund(user: User, groupId: string, asset: string, amount: number): Promise<void> {
    const { chainDecimals, decimals, chainAsset } = this.asset(asset);
    const perUnit = 10n ** BigInt(chainDecimals - decimals);
    await this.chain.fund(user.address, tokenOf(chainAsset), BigInt(amount) * perUnit);
    await this.ledger.deposit({
      ...{ operationId: `deposit-${user.address}-${groupId}-${asset}-${amount}` },
      ...{ account: user.address, asset, units: units(amount), atMs: this.nowMs() },
    });
    await this.grant(user, groupId, asset, amount);
  }

  async grant(user: User, groupId: string, asset: string, amount: number): Promise<void> {
    const account = user.address;
    const wanted = { account, asset, groupId, least: units(amount), most: units(amount) };
    await this.ledger.grant({ ...wanted, atMs: this.nowMs() });
    const key = `${groupId}${account}${asset}`;
    const grantNumber = (this.#grants.get(key) ?? 0) + 1;
    this.#grants.set(key, grantNumber);
    this.events(groupId, [{ type: 'credit_granted', account, asset, grantNumber, units: amount }]);
  }

  async fundInsurance(asset: string, amount: number): Promise<void> {
    const { chainDecimals, decimals, chainAsset } = this.asset(asset);
    const perUnit = 10n ** BigInt(chainDecimals - decimals);
    const { insurance } = this.chain.places;
    await this.chain.fund(insurance.address, tokenOf(chainAsset), BigInt(amount) * perUnit);
    await this.ledger.deposit({
      ...{ operationId: `insure-${asset}-${amount}`, account: insuranceAccount, asset },
      ...{ units: units(amount), atMs: this.nowMs() },
    });
  }

  events(groupId: string, events: BareEvent[], atMs = this.nowMs()): void {
    this.journals.get(groupId)?.frame(events, atMs);
  }

  /** An order for `base` units at most, at `price` units of quote for one of base; journaled as taken. */
  place(user: User, groupId: string, side: 'buy' | 'sell', base: number, price: number): Order {
    this.#orders += 1;
    const [eth, usdc] = [this.asset('ETH'), this.asset('USDC')];
    const perBase = 10n ** BigInt(eth.chainDecimals - eth.decimals);
    const perQuote = 10n ** BigInt(usdc.chainDecimals - usdc.decimals);
    const signed: SignedOrder = {
      ...{ account: user.address, signer: user.address },
      ...{ baseAsset: eth.chainAsset, quoteAsset: usdc.chainAsset },
      ...{ side: side === 'buy' ? 0 : 1, cap: 0, maxFeeBps: 100 },
      baseAmount: BigInt(base) * perBase,
      quoteAmount: BigInt(base * price) * perQuote,
      ...{ createdAtMs: this.nowMs(), expiresAtMs: this.nowMs() + 86_400_000, epoch: 0n },
      ...{ salt: BigInt(this.#orders), terms: 'ETH-USDC limit gtc' },
    };
    const digest = this.chain.digests.order(signed);
    const signature = user.sign(digest).toLowerCase();
    const nowMs = this.nowMs();
    this.journals.get(groupId)?.frameOf(
      [
        {
          command: {
            ...{ type: 'place', commandId: digest, nowMs, account: user.address, side },
            ...{ marketId: 'ETH-USDC', orderType: 'limit', timeInForce: 'gtc', postOnly: false },
            ...{ selfTrade: 'expire_taker', cap: 'base', maxFeeBps: 100, signed, signature },
            amounts: {
              ...{ limitTicks: price, sizeLots: base, spendUnits: 0 },
              ...{ triggerTicks: 0, displayLots: 0 },
            },
            ...{ createdAtMs: signed.createdAtMs, expiresAtMs: signed.expiresAtMs },
          },
          events: [{ type: 'accepted', commandId: digest }],
        },
      ],
      nowMs,
    );
    return { digest, signed, signature, user };
  }

  /** The maker's price counts; both pay fees, in units of quote. */
  trade(groupId: string, maker: Order, taker: Order, base: number, fees = { maker: 1, taker: 2 }) {
    const price = Number(maker.signed.quoteAmount) / Number(maker.signed.baseAmount);
    const { decimals, chainDecimals } = this.asset('ETH');
    const usdc = this.asset('USDC');
    const scale = 10 ** (chainDecimals - decimals - (usdc.chainDecimals - usdc.decimals));
    const quoteUnits = Math.round(base * price * scale);
    const atMs = this.nowMs();
    this.events(groupId, [
      {
        ...{ type: 'trade', marketId: 'ETH-USDC', atMs, priceTicks: 1, sizeLots: base },
        ...{ baseUnits: base, quoteUnits, takerSide: taker.signed.side === 0 ? 'buy' : 'sell' },
        ...{ makerDigest: maker.digest, takerDigest: taker.digest },
        ...{ makerAccount: maker.user.address, takerAccount: taker.user.address },
        ...{ makerFeeUnits: fees.maker, takerFeeUnits: fees.taker },
      },
    ]);
    return this.journals.get(groupId)?.frames.at(-1);
  }

  /** Gives credit back, all of it is assumed free. */
  giveBack(user: User, groupId: string, asset: string, amount: number, returnNumber = 1): void {
    const account = user.address;
    this.events(groupId, [
      { type: 'credit_returned', account, asset, returnNumber, units: amount },
    ]);
  }

  async clear(client = this.client): Promise<void> {
    const { ledgerTable: table, outboxTable } = this.tables;
    const store = createClearingStore({ client, table, outboxTable, settles: true });
    for (const [groupId, { records }] of this.journals) {
      const readRange = async () => records;
      const { status } = await clearJournal({ store, readRange }, groupId, records);
      if (status !== 'done') throw new Error(`clearing of ${groupId} stopped`);
    }
  }

  settling(client = this.client): Settling {
    const { vault, exchange, insurance, operator } = this.chain.places;
    const where = { client, ...this.tables };
    const rpc = nodeRpc(this.chain.chain.url);
    const chain = createSettlementChain({ rpc, vault, exchange });
    const delegations = { find: async () => new Map() };
    const encode = (batch: Parameters<typeof encodeSettleBatch>[0]) =>
      encodeSettleBatch(batch, { insuranceAccount: insurance.address });
    const sender = createTransactionSender({
      ...{ client, table: this.tables.chainTable, rpc, chainId: 31337, clock: systemClock },
      signer: createLocalSigner(operator.key.privateKey),
      terms: { ...senderTerms, confirmations: 2 },
      report: () => undefined,
    });
    const assets = async () => this.assets;
    const { ledgerTable: table, outboxTable } = this.tables;
    const place = { client, table, outboxTable, turns: createTurns() };
    return {
      planning: {
        ...{
          where,
          groupIds,
          assets,
          batchAgeMs: 0,
          nowMs: () => this.nowMs(),
          chainNowMs: chain.nowMs,
        },
        frames: async ({ groupId, afterFrame, toFrame }) =>
          this.framesOf(groupId).filter(({ frame }) => frame > afterFrame && frame <= toFrame),
        transfersDue: () => transfersDue(where, 40),
        repairsDue: () => repairsDue(where, 40),
        restrictedAtMs: () => restrictedAtMs({ client, table: where.chainTable }),
        quietThroughMs: async () => this.nowMs() - quietMs,
        batchOrders: (orders) => batchOrders(delegations, orders),
        fits: (batch) => encode(batch).length / 2 <= this.bytesAtMost,
      },
      submitting: {
        ...{
          where,
          exchange,
          chain,
          sender,
          nowMs: () => this.nowMs(),
          gasLimitOf: () => 16_000_000,
        },
        encoder: async () => encode,
        decode: decodeReasons,
        building: async (content) =>
          buildingOf(where, content, { delegations, assets: this.assets }),
        told: (_batchId, failing) => this.told.push(...failing),
      },
      isFrozen: async () => (await readFreeze(where))?.isFinal === true,
      takeBack: async () =>
        takeBackUnsettled(where, place, {
          lastBatch: await chain.lastBatch(),
          nowMs: this.nowMs(),
        }),
      follow: () => followInsured(where, place, this.nowMs()),
      pause: (ms) => new Promise((resolve) => setTimeout(resolve, Math.min(ms, 20))),
    };
  }

  settle(client = this.client) {
    return settle(this.settling(client), this.nowMs() + 10_000);
  }

  framesOf(groupId: string): (Frame & { shardSequence: string })[] {
    return (this.journals.get(groupId)?.records ?? []).flatMap(({ data, shardSequence }) => {
      const record = decodeRecord(data);
      return record.kind === 'frame' ? [{ ...record, shardSequence }] : [];
    });
  }

  /** Tells settlement of every block that it has not heard of; `final`: to the newest one they stay. */
  async hear({ final = true } = {}): Promise<void> {
    const newest = Number(await this.chain.chain.rpc<string>('eth_blockNumber'));
    for (let number = this.#facts + 1; number <= newest; number += 1)
      await this.apply(await this.block(number));
    this.#facts = newest;
    const behindMs = (await this.chain.chain.nowMs()) - this.nowMs();
    this.#aheadMs += Math.max(0, behindMs + quietMs);
    if (final) await this.apply({ type: 'finalize', number: newest, hash: '0x' });
  }

  async block(number: number): Promise<ChainFact> {
    const at = `0x${number.toString(16)}`;
    const logs = await this.chain.chain.rpc<
      {
        address: string;
        topics: string[];
        data: string;
        transactionHash: string;
        logIndex: string;
      }[]
    >('eth_getLogs', { fromBlock: at, toBlock: at });
    return {
      ...{ type: 'block', number, hash: at, parentHash: '0x', atMs: 0 },
      logs: logs.map((log) => ({ ...log, logIndex: Number(log.logIndex) })),
    };
  }

  apply(fact: ChainFact): Promise<void> {
    const { vault, exchange } = this.chain.places;
    return applySettlementFact({ client: this.client, ...this.tables }, fact, { vault, exchange });
  }

  /** What an account has: in the ledger, all places together, and in the vault, both in units. */
  async holds(address: string, asset: string): Promise<{ ledger: bigint; vault: bigint }> {
    const { chainDecimals, decimals, chainAsset } = this.asset(asset);
    const perUnit = 10n ** BigInt(chainDecimals - decimals);
    const account = address === this.chain.places.insurance.address ? insuranceAccount : address;
    const atoms = await this.chain.balance(address, chainAsset);
    const balances = await this.ledger.balances(account);
    const own = balances.filter((balance) => balance.asset === asset);
    const ledger = own.reduce((sum, { available, withdrawing, credit }) => {
      const lent = credit.reduce((all, { frozen, pending }) => all + frozen + pending, 0n);
      return sum + available + withdrawing + lent;
    }, 0n);
    return { ledger, vault: atoms / perUnit };
  }
}

const tokenOf = (chainAsset: string): string =>
  `0x${BigInt(chainAsset).toString(16).padStart(40, '0')}`;
