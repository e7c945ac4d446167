/**
 * Two pair groups with real engines over one ledger, taken one small step at a time, in any order: deposits, grants on their
 * two legs, trades, returns, clearing. It knows from the events alone what every account truly has.
 */
import type { Balance } from '#cloud/ledger-store.ts';
import { assert } from '#domain/assertion.ts';
import type { EngineEvent } from '#domain/event.ts';
import type { AccountView } from '#wire/matcher-api.ts';
import { createEngine } from '../../containers/matcher/engine/matching-engine.ts';
import { type BareEvent, HandWrittenJournal } from '../cloud/clearing-journal.ts';
import { address, base, quote, TradingFloor } from '../engine/trading-floor.ts';

export const groups = ['majors', 'alts'];
export const accounts = [address('alice'), address('bob')];
export const assets = [base, quote];
const assetIds = ['ETH', 'USDC'] as const;

/** What moves money in the ledger, as the stores do it. */
export type WorldLedger = {
  deposit(account: string, asset: string, units: bigint): Promise<void>;
  /** Grant n of exactly these units; undefined where one is pending or too little is available. */
  grant(wish: {
    account: string;
    asset: string;
    groupId: string;
    units: bigint;
  }): Promise<number | undefined>;
  /** Clears a group's journal as far as its first `records` records, or less. */
  clear(journal: HandWrittenJournal, records: number): Promise<void>;
  balances(account: string): Promise<Balance[]>;
};

/** What happens next, drawn from small numbers. */
export type Step = { what: (typeof stepNames)[number]; n: number };
export const stepNames = [
  'deposit',
  'grant',
  'land',
  'trade',
  'trade',
  'return',
  'clear',
  'clear',
] as const;

type Pair = { groupId: string; floor: TradingFloor; journal: HandWrittenJournal };
type Landing = { account: string; asset: 'ETH' | 'USDC'; groupId: string; units: number };

export class MoneyWorld {
  readonly #ledger: WorldLedger;
  readonly #pairs: Pair[];
  #landings: Landing[] = [];
  #deposited = new Map<string, bigint>();
  /** Per group: what trading has made of each (account, asset). */
  #traded = new Map<string, Map<string, bigint>>();

  constructor(ledger: WorldLedger) {
    this.#ledger = ledger;
    this.#pairs = groups.map((groupId) => {
      const journal = new HandWrittenJournal(groupId);
      journal.epoch();
      // Fees of 10 % leave the accounts, so that they are seen to be missing.
      const market = { groupId, makerFeeBps: 500, takerFeeBps: 1_000 };
      const floor = new TradingFloor(createEngine({ groupId }), market);
      return { groupId, floor, journal };
    });
  }

  async take({ what, n }: Step): Promise<void> {
    const pair = this.#pairs[n % 2];
    const account = accounts[(n >> 1) % 2] ?? '';
    const asset = assetIds[(n >> 2) % 2] ?? 'ETH';
    const some = 1 + ((n >> 3) % 97);
    assert(pair, 'a step without a group');
    const { groupId, floor, journal } = pair;
    if (what === 'deposit') await this.#deposit(account, asset, BigInt(some) * 4n);
    else if (what === 'grant') await this.#grant({ account, asset, groupId, units: some * 2 });
    else if (what === 'land') this.#land();
    else if (what === 'clear') await this.#ledger.clear(journal, 1 + (n % 23) * 3);
    else if (what === 'return') this.#journal(pair, floor.giveBack(account, asset, some));
    else {
      const side = asset === 'ETH' ? 'sell' : 'buy';
      const order = {
        account,
        side,
        limitTicks: 9 + (some % 3),
        sizeLots: 1 + (some % 7),
      } as const;
      this.#journal(pair, floor.place(order));
    }
  }

  async #deposit(account: string, asset: string, units: bigint): Promise<void> {
    await this.#ledger.deposit(account, asset, units);
    add(this.#deposited, `${account} ${asset}`, units);
  }

  async #grant(wish: Landing): Promise<void> {
    const { account, asset, groupId, units } = wish;
    const number = await this.#ledger.grant({ account, asset, groupId, units: BigInt(units) });
    if (number !== undefined) this.#landings.push(wish);
  }

  /** The oldest grant that no engine has yet. */
  #land(): void {
    const landing = this.#landings.shift();
    const pair = this.#pairs.find(({ groupId }) => groupId === landing?.groupId);
    if (!landing || !pair) return;
    this.#journal(pair, pair.floor.grant(landing.account, landing.asset, landing.units));
  }

  #journal({ groupId, journal }: Pair, events: EngineEvent[]): void {
    journal.frame(events.map(({ sequence: _, ...event }) => event as BareEvent));
    const traded = new Map(this.#traded.get(groupId));
    for (const event of events) if (event.type === 'trade') post(traded, event);
    this.#traded.set(groupId, traded);
  }

  /** A group's answer to `GET /accounts/{address}`, and what trading had made of the accounts by then. */
  view(groupId: string, account: string): { view: AccountView; traded: Map<string, bigint> } {
    const engine = this.#pairs.find((pair) => pair.groupId === groupId)?.floor.engine;
    assert(engine, `no group ${groupId}`);
    const credit = engine.creditOf(account).map(({ account: _, ...line }) => line);
    const orders = engine.ordersOf(account);
    const view = { account, sequence: engine.sequence, credit, orders, feeTier: 0 };
    return { view, traded: this.#traded.get(groupId) ?? new Map() };
  }

  async balances(account: string): Promise<{ ledger: Balance[]; deposited: Map<string, bigint> }> {
    return { ledger: await this.#ledger.balances(account), deposited: new Map(this.#deposited) };
  }
}

type Trade = Extract<EngineEvent, { type: 'trade' }>;

function post(traded: Map<string, bigint>, trade: Trade): void {
  const way = trade.takerSide === 'buy' ? 1 : -1;
  const { takerAccount, makerAccount, baseUnits, quoteUnits } = trade;
  add(traded, `${takerAccount} ETH`, BigInt(way * baseUnits));
  add(traded, `${makerAccount} ETH`, BigInt(-way * baseUnits));
  add(traded, `${takerAccount} USDC`, BigInt(-way * quoteUnits - trade.takerFeeUnits));
  add(traded, `${makerAccount} USDC`, BigInt(way * quoteUnits - trade.makerFeeUnits));
}

function add(sums: Map<string, bigint>, key: string, units: bigint): void {
  sums.set(key, (sums.get(key) ?? 0n) + units);
}
