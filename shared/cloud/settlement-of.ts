/** Settlement as a deployment runs it, by the settings of its function. */
import { setTimeout as pause } from 'node:timers/promises';
import { groupsOf } from '#wire/catalog.ts';
import { chainTermsSchema } from '#wire/chain-terms.ts';
import type { SettlementBatch } from '#wire/settlement-batch.ts';
import { decodeReasons, encodeSettleBatch } from '#wire/settlement-calldata.ts';
import { batchGas } from '#wire/settlement-gas.ts';
import { bucketOf, createArchiveStore } from './archive-store.ts';
import { bucketClient, documentClient, kinesisReader } from './clients.ts';
import { systemClock as clock } from './clock.ts';
import { createDelegationStore } from './delegation-store.ts';
import { createJournalFrames } from './journal-frames.ts';
import { firstFrameMs, readJournalRange } from './journal-range.ts';
import { createJournalReader, readToTip } from './journal-reader.ts';
import { createMarketDirectory } from './market-directory.ts';
import type { Rpc } from './rpc.ts';
import { catalogOf, type Environment, journalStreamsOf, setting } from './settings.ts';
import { batchOrders, buildingOf } from './settlement-building.ts';
import { createSettlementChain, gasAtMost } from './settlement-chain.ts';
import { settlementDelegations } from './settlement-delegations.ts';
import { restrictedAtMs, transfersDue } from './settlement-due.ts';
import { readFreeze, takeBackUnsettled } from './settlement-freeze.ts';
import { followInsured, repairsDue } from './settlement-insurance.ts';
import type { Settling } from './settlement-pass.ts';
import { otherThingsPerBatch } from './settlement-plan.ts';
import type { Submitting } from './settlement-submit.ts';
import { createTurns } from './taking-turns.ts';

/** Nodes take no transaction of more than 128 KiB. */
const calldataBytesAtMost = 120_000;
/** A frame that was put but could not be seen yet is younger than this, or its group has lost its leader. */
const longestPutMs = 60_000;

type Given = {
  rpc: Rpc;
  sender: Submitting['sender'];
  told: Submitting['told'];
};

export function settlingAt(environment: Environment, { rpc, sender, told }: Given): Settling {
  const client = documentClient();
  const where = {
    client,
    chainTable: setting(environment, 'chainTable'),
    ledgerTable: setting(environment, 'ledgerTable'),
    outboxTable: setting(environment, 'outboxTable'),
  };
  const chainPlace = { client, table: where.chainTable };
  const catalog = catalogOf(environment);
  const terms = chainTermsSchema.parse(JSON.parse(setting(environment, 'chainTerms')));
  const exchange = setting(environment, 'exchangeContract');
  const chain = createSettlementChain({
    ...{ rpc, exchange, vault: setting(environment, 'verifyingContract') },
  });
  const directory = createMarketDirectory({
    ...{ client, table: setting(environment, 'historyTable'), catalog, clock },
  });
  const assets = async () => new Map((await directory.assets()).map((asset) => [asset.id, asset]));
  const delegations = settlementDelegations(createDelegationStore(chainPlace), assets);
  const ledger = { client, table: where.ledgerTable, outboxTable: where.outboxTable };
  const place = { ...ledger, turns: createTurns() };
  return {
    planning: {
      ...{
        where,
        assets,
        groupIds: groupsOf(catalog),
        nowMs: clock.nowMs,
        chainNowMs: chain.nowMs,
      },
      ...journalsAt(environment, Math.min(longestPutMs, terms.exitDelaySeconds * 125)),
      transfersDue: () => transfersDue(where, otherThingsPerBatch),
      repairsDue: () => repairsDue(where, otherThingsPerBatch),
      restrictedAtMs: () => restrictedAtMs(chainPlace),
      batchOrders: (orders) => batchOrders(delegations, orders),
      fits: (batch) => fits(batch, terms.batchGas),
      batchAgeMs: terms.batchAgeMs,
    },
    submitting: {
      ...{ where, exchange, chain, sender, told, nowMs: clock.nowMs, decode: decodeReasons },
      building: async (content) =>
        buildingOf(where, content, { delegations, assets: await assets() }),
      encoder: async () => {
        const insuranceAccount = await chain.insuranceAccount();
        return (batch) => encodeSettleBatch(batch, { insuranceAccount });
      },
      gasLimitOf,
    },
    isFrozen: async () => (await readFreeze(where))?.isFinal === true,
    takeBack: async () =>
      takeBackUnsettled(where, place, { lastBatch: await chain.lastBatch(), nowMs: clock.nowMs() }),
    follow: () => followInsured(where, place, clock.nowMs()),
    pause: (ms) => pause(ms),
  };
}

/** A tenth and some more than a batch takes at most. */
const gasLimitOf = (batch: SettlementBatch): number =>
  Math.min(gasAtMost, Math.ceil(batchGas(batch) * 1.1) + 100_000);

function fits(batch: SettlementBatch, gas: number): boolean {
  // Any account stands for insurance's: it is a place of twenty bytes.
  const insuranceAccount = `0x${'ee'.repeat(20)}`;
  if (batchGas(batch) > gas) return false;
  return encodeSettleBatch(batch, { insuranceAccount }).length / 2 <= calldataBytesAtMost;
}

function journalsAt(environment: Environment, putMs: number) {
  const kinesis = kinesisReader();
  const streams = journalStreamsOf(environment);
  const options = (groupId: string) => ({ client: kinesis, stream: streams[groupId] ?? '' });
  const bucket = bucketOf({
    client: bucketClient(),
    bucket: setting(environment, 'archiveBucket'),
  });
  return {
    frames: createJournalFrames({
      archive: createArchiveStore(bucket),
      readRange: (groupId, after, through) =>
        readJournalRange(createJournalReader(options(groupId)), after, through),
    }),
    async quietThroughMs(groupId: string, after: string) {
      const lookedAtMs = clock.nowMs();
      const next = await firstFrameMs(readToTip(options(groupId), after));
      return next === undefined ? lookedAtMs - putMs : next - 1;
    },
  };
}
