/** What accounts may trade with: per (account, asset) free and held units, granted by the ledger and given back to it. */
import { assert } from '#domain/assertion.ts';
import type { AssetId } from '#domain/asset.ts';
import type { Address } from '#domain/order.ts';
import { addReturned } from '#domain/returned-units.ts';
import type { EngineCredit } from './engine.ts';

/** Live state: orders keep a reference to the two lines that they move. */
export type CreditLine = EngineCredit;

export class CreditBook {
  #byAccount = new Map<Address, Map<AssetId, CreditLine>>();
  /** Per asset: granted − returned − fees, which is all that is free or held. Bounded, so that no line leaves safe integers. */
  #insideUnits = new Map<AssetId, number>();

  find(account: Address, asset: AssetId): CreditLine | undefined {
    return this.#byAccount.get(account)?.get(asset);
  }

  freeUnits(account: Address, asset: AssetId): number {
    return this.find(account, asset)?.freeUnits ?? 0;
  }

  /** The line of an account and asset, made empty where there is none. */
  line(account: Address, asset: AssetId): CreditLine {
    let lines = this.#byAccount.get(account);
    if (!lines) {
      lines = new Map();
      this.#byAccount.set(account, lines);
    }
    let line = lines.get(asset);
    if (!line) {
      const none = {
        freeUnits: 0,
        heldUnits: 0,
        grantNumber: 0,
        returnNumber: 0,
        returnedUnits: 0,
      };
      line = { account, asset, ...none };
      lines.set(asset, line);
    }
    return line;
  }

  linesOf(account: Address): CreditLine[] {
    return [...(this.#byAccount.get(account)?.values() ?? [])];
  }

  *lines(): Generator<CreditLine> {
    for (const lines of this.#byAccount.values()) yield* lines.values();
  }

  insideUnits(asset: AssetId): number {
    return this.#insideUnits.get(asset) ?? 0;
  }

  assets(): AssetId[] {
    return [...this.#insideUnits.keys()];
  }

  /** Adds a grant. Its number is its identity: the ledger never leaves one out, so a gap is a bug. */
  grant(line: CreditLine, grantNumber: number, grantedUnits: number): void {
    assert(grantNumber === line.grantNumber + 1, `grant ${grantNumber} after ${line.grantNumber}`);
    assert(Number.isSafeInteger(grantedUnits) && grantedUnits > 0, 'a grant of nothing');
    this.#moveInside(line.asset, grantedUnits);
    line.grantNumber = grantNumber;
    line.freeUnits += grantedUnits;
  }

  /** Gives free units back to the ledger. */
  giveBack(line: CreditLine, returnedUnits: number): void {
    assert(returnedUnits > 0 && returnedUnits <= line.freeUnits, 'a return of what is not free');
    this.#moveInside(line.asset, -returnedUnits);
    line.freeUnits -= returnedUnits;
    line.returnNumber += 1;
    line.returnedUnits = addReturned(line.returnedUnits, returnedUnits);
  }

  /** Fees leave the accounts with the trade; the clearing books them to the house. */
  chargeFees(asset: AssetId, feeUnits: number): void {
    if (feeUnits !== 0) this.#moveInside(asset, -feeUnits);
  }

  #moveInside(asset: AssetId, units: number): void {
    const inside = this.insideUnits(asset) + units;
    assert(Number.isSafeInteger(inside) && inside >= 0, `${asset}: credit leaves safe integers`);
    this.#insideUnits.set(asset, inside);
  }
}
