/** What the chain's simulation stands in: time, tables, two pair groups whose tokens are real ones on a real node, and who has what. */
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Rpc } from '#cloud/rpc.ts';
import { vaultActOf } from '#cloud/vault-acts.ts';
import type { Asset } from '#domain/asset.ts';
import { noProtections } from '#domain/market.ts';
import type { ListedMarket } from '#wire/catalog.ts';
import type { ChainLog } from '#wire/chain-fact.ts';
import { plainMarket } from '../engine/trading-floor.ts';
import { type ChainNode, symbols, type TokenName } from './chain-node.ts';
import type { Reach } from './chain-workers.ts';
import { Workers } from './chain-workers.ts';
import type { ChainFault } from './planted.ts';
import { Surroundings } from './surroundings.ts';
import { TradingGroup } from './trading-group.ts';

export const tables = { ledgerTable: 'ledger', outboxTable: 'outbox', chainTable: 'chain' };
export const groupIds = ['majors', 'alts'];
export const confirmations = 3;
export const chainId = 31_337;
/** Two decimals each, so that what is deposited is seldom a whole number of units. */
const decimals = 2;
const marketBases: Record<string, TokenName> = { majors: 'ETH', alts: 'BTC' };

export class ChainSimulationWorld extends Surroundings {
  readonly node: ChainNode;
  /** The first block that is of this run. */
  readonly fromBlock: number;
  readonly assets: ReadonlyMap<string, Asset>;
  readonly markets: ReadonlyMap<string, ListedMarket>;
  readonly groups: readonly TradingGroup[];
  readonly workers: Workers;
  readonly planted: ChainFault | undefined;
  /** Of the chain's newest block. */
  chainMs: number;
  readonly #startMs: number;

  constructor(of: {
    node: ChainNode;
    fromBlock: number;
    startMs: number;
    random: (below: number) => number;
    planted: ChainFault | undefined;
  }) {
    super(of.random, of.startMs);
    this.node = of.node;
    this.fromBlock = of.fromBlock;
    this.planted = of.planted;
    this.chainMs = of.startMs;
    this.#startMs = of.startMs;
    this.workers = new Workers(of.random);
    this.table.ignoresConditions = of.planted === 'unconditional';
    if (of.planted === 'atom-lost') this.table.loses = ({ pk }) => pk.startsWith('DUST#');
    const assetOf = (id: TokenName): Asset => {
      const chainAsset = `0x${BigInt(of.node.tokens[id]).toString(16)}`;
      return { id, decimals, chainDecimals: symbols[id], chainAsset };
    };
    const ids = Object.keys(symbols) as TokenName[];
    this.assets = new Map(ids.map((id) => [id as string, assetOf(id)]));
    const markets = groupIds.map((id) => this.#marketOf(id));
    this.markets = new Map(markets.map((listed) => [listed.market.id, listed]));
    this.groups = markets.map((listed) => new TradingGroup(this, listed.market.groupId, [listed]));
  }

  /** Since the run began: what its hash counts, for the chain's own time is another one at each start. */
  get elapsedMs(): number {
    return this.nowMs() - this.#startMs;
  }

  asset(id: string): Asset {
    const asset = this.assets.get(id);
    if (!asset) throw new Error(`there is no asset ${id}`);
    return asset;
  }

  marketBase(groupId: string): Asset {
    return this.asset(marketBases[groupId] ?? '');
  }

  /** What users took back on the chain in this run, as the chain is now. */
  async acts() {
    const { node } = this;
    const { vault: address } = node.world.places;
    const range = { fromBlock: `0x${this.fromBlock.toString(16)}`, toBlock: 'latest' };
    const logs = (await node.rpc.request('eth_getLogs', [{ address, ...range }])) as ChainLog[];
    return logs.flatMap((log) => {
      const act = vaultActOf(log, address);
      return act && 'requestedAtMs' in act ? [act] : [];
    });
  }

  /** The tables, as a process reaches them that may die at any call. */
  tablesBy(reach: Reach): DynamoDBDocumentClient {
    const send = (command: unknown) => reach(() => this.table.run(command));
    return { send } as unknown as DynamoDBDocumentClient;
  }

  rpcBy(reach: Reach): Rpc {
    const { rpc } = this.node;
    return { request: (method, params) => reach(() => rpc.request(method, params)) };
  }

  #marketOf(groupId: string): ListedMarket {
    const [base, quote] = [this.marketBase(groupId), this.asset('USDC')];
    const fees = { makerFeeBps: -100, takerFeeBps: 300, ...noProtections };
    return { market: { ...plainMarket, groupId, id: `${base.id}-USDC`, ...fees }, base, quote };
  }
}

/** How many of a token's smallest parts a unit is. */
export const atomsOf = ({ chainDecimals, decimals: own }: Asset): bigint =>
  10n ** BigInt(chainDecimals - own);
