/** The ledger with its frozen side: cleared by the same netting as the real one, run by run, in runs of any length. */
import { takeRun } from '#cloud/journal-run.ts';
import { assert } from '#domain/assertion.ts';
import { changeKey, frozenChange, netFrames } from '#domain/clearing.ts';
import { startOfJournal, type Watermark } from '#wire/accept-record.ts';
import { feeAccount } from '#wire/table-keys.ts';
import { MemoryLedger } from './memory-ledger.ts';

export class HostileLedger extends MemoryLedger {
  watermark: Watermark = startOfJournal;
  /** By the change's key: account#asset. */
  readonly frozen = new Map<string, bigint>();

  /** Clears at most so many of the records that follow. */
  clearSome(
    groupId: string,
    records: readonly { data: Uint8Array; shardSequence: string }[],
    most: number,
  ): void {
    const fresh = records.filter((each) => each.shardSequence > this.watermark.shardSequence);
    const run = takeRun(groupId, this.watermark, fresh.slice(0, most), {});
    assert(!run.stop, `the journal stopped: ${run.stop?.reason}, ${run.stop?.detail}`);
    for (const change of netFrames(run.frames, feeAccount)) {
      const key = changeKey(change);
      const frozen = (this.frozen.get(key) ?? 0n) + frozenChange(change);
      assert(frozen >= 0n, `${key} would have ${frozen} frozen`);
      this.frozen.set(key, frozen);
      if (change.granted) {
        const place = `${change.account} ${change.asset} ${groupId}`;
        const pending = this.pending.get(place);
        assert(pending?.grantNumber === change.granted.grantNumber, `${key}: another grant`);
        assert(pending.units === change.granted.units, `${key}: a grant of other units`);
        this.pending.delete(place);
      }
      if (change.returnedUnits > 0n) this.fund(change.account, change.asset, change.returnedUnits);
    }
    this.watermark = run.to;
  }

  /** Everything of an asset, wherever it is. */
  sum(asset: string): bigint {
    let sum = 0n;
    for (const [key, units] of this.available) if (key.endsWith(` ${asset}`)) sum += units;
    for (const grant of this.pending.values()) if (grant.asset === asset) sum += grant.units;
    for (const [key, units] of this.frozen) if (key.endsWith(`#${asset}`)) sum += units;
    return sum;
  }
}
