/** The exchange's own processes in the chain's simulation: each as it runs in a deployment, by whatever reaches its tables and its node. */

import { DeleteCommand } from '@aws-sdk/lib-dynamodb';
import { factReader } from '#cloud/chain-facts.ts';
import { look } from '#cloud/chain-index-pass.ts';
import { createChainIndexStore } from '#cloud/chain-index-store.ts';
import { clearJournal } from '#cloud/clear-journal.ts';
import { createClearingStore } from '#cloud/clearing-store.ts';
import { delegationFacts } from '#cloud/delegation-facts.ts';
import { createDelegationStore } from '#cloud/delegation-store.ts';
import { depositFacts } from '#cloud/deposit-facts.ts';
import { type FactWork, readFactCursor } from '#cloud/follow-facts.ts';
import { postOperation } from '#cloud/ledger-operations.ts';
import { createLedgerStore } from '#cloud/ledger-store.ts';
import { createLocalSigner } from '#cloud/local-signer.ts';
import { readRow } from '#cloud/outbox-store.ts';
import type { DigestSigner } from '#cloud/send-transaction.ts';
import { batchOrders, buildingOf } from '#cloud/settlement-building.ts';
import { createSettlementChain } from '#cloud/settlement-chain.ts';
import { settlementDelegations } from '#cloud/settlement-delegations.ts';
import { isTransferPlanned, restrictedAtMs, transfersDue } from '#cloud/settlement-due.ts';
import { applySettlementFact } from '#cloud/settlement-facts.ts';
import { readFreeze, takeBackUnsettled } from '#cloud/settlement-freeze.ts';
import { followInsured, repairsDue } from '#cloud/settlement-insurance.ts';
import { type Settling, settle } from '#cloud/settlement-pass.ts';
import { readPlanAlone } from '#cloud/settlement-plan.ts';
import { createTurns } from '#cloud/taking-turns.ts';
import { createTransactionSender } from '#cloud/transaction-sender.ts';
import { vaultEventOf } from '#cloud/vault-events.ts';
import { createVaultReads } from '#cloud/vault-reads.ts';
import { withdrawalFacts } from '#cloud/withdrawal-facts.ts';
import { settlementHorizon } from '#cloud/withdrawal-horizon.ts';
import type { PayoutPorts } from '#cloud/withdrawal-steps.ts';
import { type Units, units } from '#domain/amount.ts';
import type { SettlementBatch } from '#wire/settlement-batch.ts';
import { decodeReasons, encodeSettleBatch } from '#wire/settlement-calldata.ts';
import { insuranceAccount, outboxKeys } from '#wire/table-keys.ts';
import { takeFacts } from '../../functions/chain-facts/take-facts.ts';
import { isPlanned } from '../../functions/chain-settlement/settle-row.ts';
import { ChainDoor } from './chain-door.ts';
import { ChainGuarding } from './chain-guarding.ts';
import type { Reach } from './chain-workers.ts';
import {
  atomsOf,
  type ChainSimulationWorld,
  chainId,
  confirmations,
  groupIds,
  tables,
} from './chain-world.ts';
import { senderTerms } from './simulate-sender.ts';
import type { TradingGroup } from './trading-group.ts';

type Gift = { operationId: string; account: string; asset: string; units: Units };
type Work = { name: string; work: (reach: Reach) => Promise<unknown> };

const consumer = 'chain-facts';
const terms = { ...senderTerms, confirmations };
/** A frame of a group closes within 150 ms. */
const longestFrameMs = 200;

export class ChainExchange {
  /** Fills that would not have settled, with who failed. */
  readonly told: { batchId: number; at: number; side: string; reason: string }[] = [];
  readonly incidents: string[] = [];
  readonly surprises: unknown[] = [];
  /** Calldata of at most so many bytes fits a batch: few trades, so that there are many batches. */
  bytesAtMost = 1_500;
  #world: ChainSimulationWorld;
  #operator: DigestSigner;
  #cleared = new Map<string, number>();
  readonly guarding: ChainGuarding;
  readonly door: ChainDoor;

  constructor(world: ChainSimulationWorld) {
    this.#world = world;
    this.guarding = new ChainGuarding(world, (reach) => this.ledger(reach));
    this.door = new ChainDoor(world);
    this.#operator = createLocalSigner(world.node.world.places.operator.key.privateKey);
  }

  /** One of each of its processes. */
  works(): Work[] {
    const { groups, planted } = this.#world;
    const facts: Work = { name: 'facts', work: (reach) => this.#takeFacts(reach) };
    return [
      { name: 'indexer', work: (reach) => this.#index(reach) },
      ...(planted === 'bell-lost' ? [] : [facts]),
      { name: 'guard', work: (reach) => this.guarding.work(reach) },
      ...groups.map((group) => ({
        name: `clearing ${group.groupId}`,
        work: (reach: Reach) => this.#clear(reach, group),
      })),
      { name: 'settlement', work: (reach) => this.settle(reach) },
      { name: 'sender', work: (reach) => this.#sender(reach).advance() },
      { name: 'grants', work: (reach) => this.#sweepGrants(reach) },
    ];
  }

  ledger(reach: Reach) {
    const { ledgerTable: table, outboxTable } = tables;
    const client = this.#world.tablesBy(reach);
    const assets = async () => new Set(this.#world.assets.keys());
    return createLedgerStore({ client, table, outboxTable, settles: true, assets });
  }

  payouts(reach: Reach): PayoutPorts {
    const world = this.#world;
    const { vault } = world.node.world.places;
    const where = { client: world.tablesBy(reach), table: tables.chainTable };
    const horizon = settlementHorizon({ client: where.client, ...tables }, groupIds);
    const { lastBatch } = createVaultReads({ rpc: world.rpcBy(reach), vault });
    const isHasty = world.planted === 'withdraws-early';
    return {
      ...{ ...where, ledger: this.ledger(reach), clock: { nowMs: () => world.nowMs() } },
      chain: {
        digestOf: world.node.world.digests,
        ...{ signer: this.#operator, sender: this.#sender(reach), vault, lastBatch },
        finalAtMs: async () => (await readFactCursor({ ...where, consumer })).finalAtMs,
        horizon: isHasty ? { due: async () => '{}', batchBehind: async () => 0n } : horizon,
      },
      callBack: async ({ account, asset }) => {
        for (const group of world.groups) group.giveBack(account, asset);
      },
    };
  }

  /** As for a row of the outbox: those whose work is done go. */
  async settle(reach: Reach): Promise<void> {
    const { table, time } = this.#world;
    await settle(this.#settling(reach), time.clock.nowMs());
    const where = { client: this.#world.tablesBy(reach), ...tables };
    const rows = table.partition(tables.outboxTable, outboxKeys.topic('settle'));
    for (const item of [...rows.values()]) {
      const { body } = readRow(item);
      const ports = {
        plan: () => readPlanAlone(where),
        isTransferPlanned: (id: string) => isTransferPlanned(where, id),
      };
      if (!(await isPlanned(body, ports))) continue;
      const Key = { pk: item['pk'], sk: item['sk'] };
      await where.client.send(new DeleteCommand({ TableName: tables.outboxTable, Key }));
    }
  }

  /** What operators give a user of the house's: the next batch brings it. */
  async give(reach: Reach, gift: Gift): Promise<void> {
    const { ledgerTable: table, outboxTable } = tables;
    const client = this.#world.tablesBy(reach);
    const place = { client, table, outboxTable, settles: true, turns: createTurns() };
    const { operationId, ...of } = gift;
    const operation = { kind: 'adjust' as const, house: insuranceAccount, ...of };
    const ordered = { by: 'an operator', why: 'a gift' };
    await postOperation(place, { operationId, operation, ordered, atMs: this.#world.nowMs() });
  }

  #sender(reach: Reach) {
    const world = this.#world;
    return createTransactionSender({
      ...{ client: world.tablesBy(reach), table: tables.chainTable, rpc: world.rpcBy(reach) },
      ...{ signer: this.#operator, chainId, terms, clock: world.time.clock },
      report: (incident, { id, reason }) => this.incidents.push(`${incident} ${id}: ${reason}`),
    });
  }

  /** Until it has seen all there is. */
  async #index(reach: Reach): Promise<void> {
    const world = this.#world;
    const { vault, exchange } = world.node.world.places;
    const rpc = world.rpcBy(reach);
    const store = createChainIndexStore({ client: world.tablesBy(reach), ...tables, chainId });
    const isHasty = world.planted === 'credits-early';
    const ports = {
      ...{ rpc, addresses: [vault, exchange], nowMs: () => world.nowMs() },
      everyone: async (method: string, params: readonly unknown[]) => [
        await rpc.request(method, params),
      ],
      terms: {
        confirmations: isHasty ? 0 : confirmations,
        finalizedTag: false,
        fromBlock: world.fromBlock,
      },
    };
    for (;;) {
      const looked = await look(await store.read(), ports);
      if (looked.type === 'still' || looked.type === 'deep') return;
      if (looked.type === 'found') await store.append(looked.pass, world.nowMs());
    }
  }

  async #takeFacts(reach: Reach): Promise<void> {
    const world = this.#world;
    const { vault, exchange } = world.node.world.places;
    const client = world.tablesBy(reach);
    const where = { client, table: tables.chainTable };
    const payouts = this.payouts(reach);
    const ledger = this.ledger(reach);
    const { ledgerAccountOf } = createVaultReads({ rpc: world.rpcBy(reach), vault });
    const assets = async () => [...world.assets.values()];
    const clock = { nowMs: () => world.nowMs() };
    const deposits = depositFacts({
      ...where,
      ledger,
      assets,
      clock,
      chainId,
      vault,
      ledgerAccountOf,
    });
    const work: FactWork[] = [
      deposits,
      ...(world.planted === 'credits-twice' ? [this.#creditsTwice(ledger)] : []),
      delegationFacts({ store: createDelegationStore(where), vault }),
      withdrawalFacts({ ...payouts, vault, surprised: (what) => this.surprises.push(what) }),
      { fact: (fact) => applySettlementFact({ client, ...tables }, fact, { vault, exchange }) },
    ];
    const facts = { after: factReader({ ...where, chainId, consumer }).read };
    const failed = (digest: string, error: unknown) => {
      world.bug(`withdrawal ${digest}: ${(error as Error).stack}`);
    };
    await takeFacts({ follow: { ...where, consumer, facts }, work, payouts, failed })();
  }

  /** Planted: at the head, under a name that another block makes another one. */
  #creditsTwice(ledger: ReturnType<ChainExchange['ledger']>): FactWork {
    const { vault } = this.#world.node.world.places;
    return {
      seen: async (logs) => {
        for (const log of logs) {
          const event = vaultEventOf(log, vault);
          if (event?.type !== 'deposited') continue;
          const { account } = event;
          const asset = [...this.#world.assets.values()].find(
            ({ chainAsset }) => chainAsset === event.chainAsset,
          );
          if (!asset || !this.#world.node.users.some(({ address }) => address === account))
            continue;
          const operationId = `deposit:${log.blockHash}:${log.logIndex}`;
          const whole = units(event.atoms / atomsOf(asset));
          const atMs = this.#world.nowMs();
          await ledger.deposit({ operationId, account, asset: asset.id, units: whole, atMs });
        }
        return [];
      },
    };
  }

  async #clear(reach: Reach, group: TradingGroup): Promise<void> {
    const { groupId, records } = group;
    const from = this.#cleared.get(groupId) ?? 0;
    const new_ = records.slice(from);
    if (new_.length === 0) return;
    const store = createClearingStore({
      ...{ client: this.#world.tablesBy(reach), table: tables.ledgerTable },
      ...{ outboxTable: tables.outboxTable, settles: true, itemsPerTransaction: 20 },
    });
    const readRange = async (_: string, after: string, through: string) =>
      records.filter(({ shardSequence }) => shardSequence > after && shardSequence <= through);
    const { status } = await clearJournal({ store, readRange }, groupId, new_);
    if (status !== 'done') this.#world.bug(`clearing of ${groupId} stopped`);
    this.#cleared.set(groupId, from + new_.length);
  }

  async #sweepGrants(reach: Reach): Promise<void> {
    const ledger = this.ledger(reach);
    for (const group of this.#world.groups)
      for (const grant of await ledger.pendingGrants(group.groupId))
        if (!group.knows(grant)) group.grant(grant);
  }

  #settling(reach: Reach): Settling {
    const world = this.#world;
    const { vault, exchange, insurance } = world.node.world.places;
    const client = world.tablesBy(reach);
    const where = { client, ...tables };
    const chain = createSettlementChain({ rpc: world.rpcBy(reach), vault, exchange });
    const store = createDelegationStore({ client, table: tables.chainTable });
    const delegations = settlementDelegations(store, async () => world.assets);
    const encode = (batch: SettlementBatch) =>
      encodeSettleBatch(batch, { insuranceAccount: insurance.address });
    const nowMs = () => world.nowMs();
    const { ledgerTable: table, outboxTable } = tables;
    const place = { client, table, outboxTable, turns: createTurns() };
    const isTurned = world.planted === 'batch-out-of-order';
    const framesOf = (groupId: string) =>
      world.groups.find((each) => each.groupId === groupId)?.frames ?? [];
    return {
      planning: {
        ...{ where, groupIds, nowMs, batchAgeMs: 0, chainNowMs: chain.nowMs },
        assets: async () => world.assets,
        frames: async ({ groupId, afterFrame, toFrame }) =>
          framesOf(groupId)
            .filter(({ frame }) => frame > afterFrame && frame <= toFrame)
            .map((frame) => ({
              ...frame,
              ...(isTurned ? { clock: turned(groupId, frame.clock) } : {}),
              shardSequence: '',
            })),
        transfersDue: async () =>
          world.planted === 'gifts-forgotten' ? [] : transfersDue(where, 40),
        repairsDue: () => repairsDue(where, 40),
        restrictedAtMs: () => restrictedAtMs({ client, table: tables.chainTable }),
        quietThroughMs: async (groupId, after) => this.#quietThroughMs(groupId, after),
        batchOrders: (orders) => batchOrders(delegations, orders),
        fits: (batch) => encode(batch).length / 2 <= this.bytesAtMost,
      },
      submitting: {
        ...{
          where,
          exchange,
          chain,
          sender: this.#sender(reach),
          nowMs,
          gasLimitOf: () => 10_000_000,
        },
        encoder: async () => encode,
        decode: decodeReasons,
        building: (content) => buildingOf(where, content, { delegations, assets: world.assets }),
        told: (batchId, failing) => {
          for (const { at, side, reason } of failing) this.told.push({ batchId, at, side, reason });
        },
      },
      isFrozen: async () => (await readFreeze(where))?.isFinal === true,
      takeBack: async () => {
        if (world.planted === 'freeze-unheard') return;
        const lastBatch = await chain.lastBatch();
        await takeBackUnsettled(where, place, { lastBatch, nowMs: nowMs() });
      },
      follow: () => followInsured(where, place, nowMs()),
      pause: async () => undefined,
    };
  }

  #quietThroughMs(groupId: string, after: string): number {
    const group = this.#world.groups.find((each) => each.groupId === groupId);
    const at = group?.accepted.find(({ record }) => record.shardSequence === after)?.to.frame ?? 0;
    const next = group?.frames.find(({ frame }) => frame > at);
    return (next?.atMs ?? this.#world.nowMs()) - longestFrameMs;
  }
}

/** As if the second group had always been first. */
const turned = (groupId: string, clock: number): number =>
  groupId === groupIds[1] ? clock : clock + 1_000_000;
