/**
 * Who trades in the ledger's simulation, and the desks that get them credit: real grants by processes that die, their
 * commands submitted, lost and submitted again, and a sweep for those that nobody submitted.
 */
import type { LedgerStore, PendingGrant } from '#cloud/ledger-store.ts';
import { units } from '#domain/amount.ts';
import type { PlaceOrder } from '#domain/command.ts';
import { ledgerKeys } from '#wire/table-keys.ts';
import { asError } from '../../containers/matcher/doubt.ts';
import { pause } from '../../containers/matcher/timers.ts';
import { assets, type LedgerWorld, tables, traders } from './ledger-world.ts';
import { isExcused } from './matcher-run.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import type { TradingGroup } from './trading-group.ts';

const selfTradeModes = ['expire_taker', 'expire_maker', 'expire_both', 'decrement'] as const;

export class LedgerTraders {
  #world: LedgerWorld;
  #groups: readonly TradingGroup[];
  #storeOf: (process: SimulatedProcess) => LedgerStore;
  #processes = 0;
  /** Desks at work. */
  #busy = 0;
  #stopped = false;

  constructor(
    world: LedgerWorld,
    groups: readonly TradingGroup[],
    storeOf: (process: SimulatedProcess) => LedgerStore,
  ) {
    this.#world = world;
    this.#groups = groups;
    this.#storeOf = storeOf;
    if (world.planted !== 'no-sweep') for (const group of groups) void this.#sweepAgain(group);
  }

  /** Whether nothing is granted that no run has cleared. */
  get isThrough(): boolean {
    return this.#busy === 0 && this.#groups.every((group) => this.#isSwept(group));
  }

  /** Nobody wants anything any more; what was free goes back. */
  stop(): void {
    this.#stopped = true;
    for (const group of this.#groups)
      for (const trader of traders) {
        group.cancelAll(trader);
        for (const asset of assets) group.giveBack(trader, asset);
      }
  }

  act(): void {
    const what = this.#random(20);
    const group = this.#pick(this.#groups);
    const trader = this.#pick(traders);
    if (what < 13) this.#order(group, trader);
    else if (what < 15) group.cancelOne(trader, this.#random(100));
    else if (what < 18) group.giveBack(trader, this.#pick(assets));
    else if (what < 19) group.cancelAll(trader);
    else if (this.#random(3) === 0) group.takeOver();
  }

  /** A withdrawal asks for what is free. */
  callBack(account: string, asset: string): void {
    for (const group of this.#groups) if (this.#random(5)) group.giveBack(account, asset);
  }

  #order(group: TradingGroup, account: string): void {
    const order = group.placing({
      ...{ account, marketId: this.#pick(group.engine.marketIds()) },
      side: this.#random(2) ? 'buy' : 'sell',
      timeInForce: this.#random(4) ? 'gtc' : 'ioc',
      selfTrade: this.#pick(selfTradeModes),
      ...{ limitTicks: 97 + this.#random(7), sizeLots: 1 + this.#random(6) },
    });
    const lack = group.engine.shortfall(order);
    if (lack.units === 0) group.apply(order);
    else {
      this.#busy += 1;
      void this.#fund(group, order, lack).then(() => {
        this.#busy -= 1;
      });
    }
  }

  /** Gets an order what it lacks, or a chunk of it, and submits both unless it dies. */
  async #fund(
    group: TradingGroup,
    order: PlaceOrder,
    lack: { asset: string; units: number },
  ): Promise<void> {
    const { account } = order;
    const more = this.#random(2) ? 0 : this.#random(2_000);
    await this.#asProcess(`desk-${group.groupId}`, async (store) => {
      const outcome = await store.grant({
        ...{ account, asset: lack.asset, groupId: group.groupId },
        ...{ least: units(lack.units), most: units(lack.units + more) },
        atMs: this.#world.nowMs(),
      });
      if (outcome.status === 'balance_too_low') {
        // Another group's free credit is called back; the order comes no more.
        this.callBack(account, lack.asset);
        return;
      }
      // The leader dies here, or the command is lost: the grant stays pending.
      if (this.#random(8) === 0) return;
      this.#submit(group, outcome.grant);
      const nowMs = this.#world.nowMs();
      group.apply({ ...order, nowMs });
    });
  }

  #submit(group: TradingGroup, grant: PendingGrant): void {
    group.grant(grant);
    if (this.#random(6) === 0) group.grant(grant);
  }

  async #sweepAgain(group: TradingGroup): Promise<void> {
    const { time } = this.#world;
    for (;;) {
      await pause(time.timers, 500 + this.#random(4_000));
      await this.#asProcess(`sweep-${group.groupId}`, async (store) => {
        for (const grant of await store.pendingGrants(group.groupId)) {
          if (group.knows(grant)) continue;
          if (this.#world.planted === 'sweep-returns') this.#giveUp(grant);
          else this.#submit(group, grant);
        }
      });
      if (this.#stopped && this.isThrough) return;
    }
  }

  #isSwept({ groupId }: TradingGroup): boolean {
    const { pk } = ledgerKeys.pendingGrant(groupId, '', '');
    return this.#world.table.partition(tables.ledger, pk).size === 0;
  }

  /** Planted: what a sweep must never do. */
  #giveUp({ account, asset, groupId, units: given }: PendingGrant): void {
    const { table } = this.#world;
    const pending = table.item(tables.ledger, ledgerKeys.pendingGrant(groupId, account, asset));
    const credit = table.item(tables.ledger, ledgerKeys.credit(account, asset, groupId));
    const balance = table.item(tables.ledger, ledgerKeys.balance(account, asset));
    if (!pending || !credit || !balance) return;
    const { pendingNumber: _, pendingUnits: __, pendingClock: ___, ...rest } = credit;
    const [available, grantable] = [balance['available'], balance['grantable']] as bigint[];
    const version = (balance['version'] as bigint) + 1n;
    table.remove(tables.ledger, ledgerKeys.pendingGrant(groupId, account, asset));
    table.put(tables.ledger, rest);
    table.put(tables.ledger, {
      ...balance,
      ...{ available: (available ?? 0n) + given, grantable: (grantable ?? 0n) + given, version },
    });
  }

  /** What only the surroundings did to it is no bug. */
  async #asProcess(name: string, work: (store: LedgerStore) => Promise<void>): Promise<void> {
    this.#processes += 1;
    const process = this.#world.process(`${name}-${this.#processes}`);
    const done = work(this.#storeOf(process)).catch((thrown: unknown) => {
      const error = asError(thrown);
      if (!isExcused(error)) this.#world.bug(`${process.name}: ${error.stack}`);
    });
    // One that died never says so.
    await Promise.race([done, pause(this.#world.time.timers, 8_000)]);
  }

  #random(below: number): number {
    return this.#world.random(below);
  }

  #pick<T>(list: readonly T[]): T {
    return list[this.#random(list.length)] as T;
  }
}
