/** Clears frames into the ledger in memory, event by event: no netting, no cursor. */
import type { LedgerEntry } from '#cloud/ledger-store.ts';
import { units as asUnits } from '#domain/amount.ts';
import { assert } from '#domain/assertion.ts';
import type { ClearedFrame } from '#domain/clearing.ts';
import type { EngineEvent, Trade } from '#domain/event.ts';
import { feeAccount, ledgerKeys } from '#wire/table-keys.ts';
import type { MemoryBooks } from './memory-books.ts';

type Frame = ClearedFrame & { atMs: number };
type Change = Pick<LedgerEntry, 'trades' | 'granted' | 'returned'> & {
  available: bigint;
  frozen: bigint;
};

export function clearFrames(ledger: MemoryBooks, groupId: string, frames: readonly Frame[]): void {
  const changes = new Map<string, Change>();
  for (const frame of frames)
    for (const { events } of frame.outcomes) for (const event of events) take(event, frame.clock);
  const last = frames.at(-1);
  if (!last || changes.size === 0) return;
  for (const [key, { available, frozen, trades, granted, returned }] of changes) {
    const [account = '', asset = ''] = key.split(' ');
    ledger.booked.push({
      entryId: ledgerKeys.entry(account, groupId, last.frame, asset, last.atMs).sk,
      ...{ account, asset, atMs: last.atMs, business: 'clearing' },
      businessId: `${groupId}#${last.frame}`,
      availableUnits: asUnits(available),
      withdrawingUnits: asUnits(0),
      frozenUnits: asUnits(frozen),
      frozenAfterUnits: asUnits(ledger.credit(account, asset, groupId).frozen),
      ...(granted ? { granted } : {}),
      ...(returned ? { returned } : {}),
      trades,
    });
  }

  function take(event: EngineEvent, clock: number): void {
    if (event.type === 'credit_granted') {
      const { account, asset, grantNumber } = event;
      const credit = ledger.credit(account, asset, groupId);
      assert(credit.pending?.grantNumber === grantNumber, 'a grant that the ledger never made');
      credit.pending = undefined;
      credit.frozen += BigInt(event.units);
      const change = changeOf(account, asset);
      change.available -= BigInt(event.units);
      change.frozen += BigInt(event.units);
      change.granted = { grantNumber, units: asUnits(event.units) };
    } else if (event.type === 'credit_returned') {
      const { account, asset, returnNumber } = event;
      const credit = ledger.credit(account, asset, groupId);
      const line = ledger.line(account, asset);
      credit.frozen -= BigInt(event.units);
      credit.returnNumber = returnNumber;
      credit.returnedUnits += BigInt(event.units);
      line.available += BigInt(event.units);
      line.clocks.set(groupId, clock);
      const change = changeOf(account, asset);
      change.available += BigInt(event.units);
      change.frozen -= BigInt(event.units);
      const before = change.returned?.units ?? 0n;
      change.returned = { returnNumber, units: asUnits(before + BigInt(event.units)) };
    } else if (event.type === 'trade') trade(event);
  }

  function trade(event: Trade): void {
    const [base = '', quote = ''] = event.marketId.split('-');
    const { makerAccount, takerAccount, baseUnits, quoteUnits } = event;
    const way = event.takerSide === 'buy' ? 1 : -1;
    freeze(takerAccount, base, event, way * baseUnits, 0);
    freeze(makerAccount, base, event, -way * baseUnits, 0);
    freeze(takerAccount, quote, event, -way * quoteUnits, event.takerFeeUnits);
    freeze(makerAccount, quote, event, way * quoteUnits, event.makerFeeUnits);
    const fees = event.takerFeeUnits + event.makerFeeUnits;
    if (fees > 0) freeze(feeAccount, quote, event, fees, 0);
  }

  function freeze(account: string, asset: string, of: Trade, units: number, fee: number): void {
    ledger.credit(account, asset, groupId).frozen += BigInt(units - fee);
    const change = changeOf(account, asset);
    change.frozen += BigInt(units - fee);
    const { sequence, marketId } = of;
    change.trades.push({ sequence, marketId, units: BigInt(units), feeUnits: BigInt(fee) });
  }

  function changeOf(account: string, asset: string): Change {
    const key = `${account} ${asset}`;
    const change = changes.get(key) ?? { available: 0n, frozen: 0n, trades: [] };
    changes.set(key, change);
    return change;
  }
}
