/** The ledger's simulation: who has accounts, which pair groups trade what, and the tables that all of it is kept in. */
import { noProtections } from '#domain/market.ts';
import { insuranceAccount } from '#wire/table-keys.ts';
import { address, base, plainMarket, quote } from '../engine/trading-floor.ts';
import type { LedgerFault } from './planted.ts';
import { throttled } from './simulated-table.ts';
import { Surroundings } from './surroundings.ts';

export const tables = { ledger: 'ledger', outbox: 'outbox', shadow: 'shadow' };
export const groups = ['majors', 'alts'];
export const assets = ['ETH', 'USDC', 'BTC'];
export const traders = ['alice', 'bob', 'carol'].map(address);
/** Accounts of their owners beside the one that trades. */
export const subAccounts = traders.map((trader) => `${trader}/savings`);
export const house = insuranceAccount;

const btc = { ...base, id: 'BTC', chainAsset: '0xcc' };

/** Both groups trade ETH and USDC; fees and rebates that leave the traders. */
export function marketsOf(groupId: string) {
  const fees = { makerFeeBps: -100, takerFeeBps: 300, ...noProtections };
  const market = { ...plainMarket, groupId, ...fees };
  const of = (marketBase: typeof base) => ({
    market: { ...market, id: `${marketBase.id}-USDC` },
    ...{ base: marketBase, quote },
  });
  return groupId === 'majors' ? [of(base)] : [of(base), of(btc)];
}

export class LedgerWorld extends Surroundings {
  readonly planted: LedgerFault | undefined;

  constructor(random: (below: number) => number, planted?: LedgerFault) {
    super(random);
    this.planted = planted;
    this.table.ignoresConditions = planted === 'unconditional';
    // So few that pages are turned.
    this.table.pageItems = 3 + random(20);
  }

  protected override busy(command: unknown): Error {
    return throttled(command, this.random(2) ? 'TransactionConflict' : 'ThrottlingError');
  }
}
