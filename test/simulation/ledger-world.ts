/** The ledger's simulation: who has accounts, which pair groups trade what, and the tables that all of it is kept in. */
import { BatchGetCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Item } from '#cloud/batch-items.ts';
import { noProtections } from '#domain/market.ts';
import { insuranceAccount } from '#wire/table-keys.ts';
import { address, base, plainMarket, quote } from '../engine/trading-floor.ts';
import type { LedgerFault } from './planted.ts';
import type { SimulatedProcess } from './simulated-process.ts';
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
    const lost = { 'entry-lost': 'ENTRIES#', 'outbox-forgets': 'OUTBOX#' };
    const prefix = planted && planted in lost ? lost[planted as keyof typeof lost] : undefined;
    if (prefix) this.table.loses = ({ pk }) => pk.startsWith(prefix) && random(30) === 0;
    // So few that pages are turned.
    this.table.pageItems = 3 + random(20);
  }

  /** A batch of reads is many reads: others write in between. */
  override client(process: SimulatedProcess): DynamoDBDocumentClient {
    const whole = super.client(process);
    const send = async (command: unknown) => {
      const sent = command as Parameters<typeof whole.send>[0];
      if (!(command instanceof BatchGetCommand) || this.random(3) > 0) return whole.send(sent);
      const answer: Record<string, Item[]> = {};
      for (const [table, { Keys = [] }] of Object.entries(command.input.RequestItems ?? {}))
        for (const key of this.#shuffled(Keys)) {
          const one = new BatchGetCommand({ RequestItems: { [table]: { Keys: [key] } } });
          const { Responses = {} } = await whole.send(one);
          answer[table] = [...(answer[table] ?? []), ...(Responses[table] ?? [])];
        }
      return { Responses: answer };
    };
    return { send } as unknown as DynamoDBDocumentClient;
  }

  #shuffled<T>(list: readonly T[]): T[] {
    const left = [...list];
    return list.map(() => left.splice(this.random(left.length), 1)[0] as T);
  }

  protected override busy(command: unknown): Error {
    return throttled(command, this.random(2) ? 'TransactionConflict' : 'ThrottlingError');
  }
}
