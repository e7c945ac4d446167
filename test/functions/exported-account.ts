/** An account with some of everything that can be exported, in tables in memory, and the ports of its exports. */
import { createExportStore } from '#cloud/export-store.ts';
import { doneOrderItems, fillItems } from '#cloud/history-item.ts';
import { createHistoryStore } from '#cloud/history-store.ts';
import { clearingEntry } from '#cloud/ledger-entry.ts';
import { createLedgerStore } from '#cloud/ledger-store.ts';
import { createStatementStore } from '#cloud/statement-store.ts';
import { units } from '#domain/amount.ts';
import type { ExportMessage } from '#wire/export-request.ts';
import type { ExportPorts } from '../../functions/exports/run-export.ts';
import { demoDirectory } from './demo-catalog.ts';
import { MemoryFiles } from './memory-files.ts';
import { memoryTable } from './memory-table.ts';

export const owner = '0x00000000000000000000000000000000000000a1';
export const startMs = Date.parse('2026-03-01T00:00:00.000Z');
export const digest = (n: number) => `0x${n.toString(16).padStart(64, '0')}`;

export function exportedAccount() {
  const { client, items } = memoryTable();
  const ledgerAt = { client, table: 'ledger' };
  const historyAt = { client, table: 'history' };
  const ledger = createLedgerStore(ledgerAt);
  const files = new MemoryFiles();
  const sent: (ExportMessage & { delaySeconds: number })[] = [];
  let nowMs = startMs + 3_600_000;
  let names = 0;
  const clock = { nowMs: () => nowMs };
  const store = createExportStore(ledgerAt);
  const statements = createStatementStore(ledgerAt);
  const wholeClock = { ...clock, monotonicMs: () => nowMs };
  const history = createHistoryStore({ ...historyAt, clock: wholeClock });
  const ports: ExportPorts = {
    store,
    files,
    ...{ statements, history },
    markets: demoDirectory,
    clock,
    leftMs: () => 60_000,
    send: async (message, delaySeconds) => void sent.push({ ...message, delaySeconds }),
    newName: () => `name-${++names}`,
  };
  return {
    ...{ items, files, sent, store, ports, ledger, statements, history },
    pass: (ms: number) => {
      nowMs += ms;
    },
    nowMs: () => nowMs,
    deposit: (n: number, atMs: number, operationId = `deposit-${n}`) =>
      ledger.deposit({ operationId, account: owner, asset: 'USDC', units: units(n), atMs }),
    /** A run of the journal's clearing, as the ledger keeps it. */
    clear(toFrame: number, atMs: number, trades = 1) {
      const lines = Array.from({ length: trades }, (_, at) => ({
        ...{ sequence: toFrame * 100 + at, marketId: 'ETH-USDC', units: -2_000_000n, feeUnits: 1n },
      }));
      const change = {
        ...{ account: owner, asset: 'USDC', lines, tradedUnits: -2_000_000n * BigInt(trades) },
        ...{ returnNumber: 0, returnedUnits: 0n },
      };
      const run = { groupId: 'majors', toFrame, atMs, frozenAfterUnits: 5_000_000n };
      items.put('ledger', clearingEntry(change as never, run));
    },
    trade(sequence: number, atMs: number) {
      const [maker] = fillItems('majors', {
        ...{ type: 'trade', sequence, marketId: 'ETH-USDC', atMs, priceTicks: 200_000 },
        ...{ sizeLots: 1, baseUnits: 100_000, quoteUnits: 2_000_000, takerSide: 'buy' },
        ...{ makerDigest: digest(1), takerDigest: digest(2), makerAccount: owner },
        ...{ takerAccount: '0xb', makerFeeUnits: -100, takerFeeUnits: 2_000 },
      });
      items.put('history', maker as Record<string, unknown>);
    },
    finish(n: number, atMs: number, clientOrderId?: string) {
      const [done] = doneOrderItems({
        ...{ type: 'order_done', sequence: n, reason: 'filled', atMs, digest: digest(n) },
        ...(clientOrderId === undefined ? {} : { clientOrderId }),
        ...{ account: owner, marketId: 'ETH-USDC', side: 'sell', orderType: 'limit' },
        ...{ timeInForce: 'gtc', postOnly: false, selfTrade: 'expire_taker' },
        ...{ limitTicks: 200_000, triggerTicks: 0, sizeLots: 3, displayLots: 0, spendUnits: 0 },
        ...{ filledLots: 3, filledQuoteUnits: 6_000_000, feeUnits: 0 },
        ...{ createdAtMs: atMs - 500, expiresAtMs: atMs + 500 },
      });
      items.put('history', done as Record<string, unknown>);
    },
    /** The whole text of an export that is done. */
    async text(exportId: string) {
      const job = await store.find(owner, exportId);
      return Buffer.from(files.files.get(job?.objectKey ?? '') ?? []).toString();
    },
  };
}

export type ExportedAccount = ReturnType<typeof exportedAccount>;
